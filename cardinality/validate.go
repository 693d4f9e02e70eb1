package cardinality

import (
	"errors"
	"maps"
	"slices"
)

// validate returns what is wrong with the labels and options, all of it.
func (s *settings) validate(labels []string, noMake bool) error {
	if noMake {
		s.problem("make is nil: give NewVec a function that returns a new T")
	}
	if len(labels) > maxLabels {
		s.problem("%d labels: use at most %d", len(labels), maxLabels)
	}
	for i, l := range labels {
		if l == "" {
			s.problem("label %d has no name", i)
		} else if slices.Index(labels, l) != i {
			s.problem("label %q is there twice: leave one out", l)
		}
	}
	if s.openLabels > maxLabels {
		s.problem("OpenLabels is %d: use at most %d", s.openLabels, maxLabels)
	}
	if !s.forMany && s.openLabels == 0 {
		s.named("MaxValues", slices.Sorted(maps.Keys(s.maxValues)), labels)
		s.named("Allow", slices.Sorted(maps.Keys(s.allow)), labels)
		s.named("Normalize", slices.Sorted(maps.Keys(s.normalize)), labels)
	}
	if len(s.marker) > s.maxValueLen {
		s.problem("Marker has %d bytes, more than MaxValueLen of %d: use a shorter one", len(s.marker), s.maxValueLen)
	}
	return errors.Join(s.problems...)
}

// named checks that an option names labels which exist.
func (s *settings) named(option string, names, labels []string) {
	for _, name := range names {
		if !slices.Contains(labels, name) {
			s.problem("%s names label %q: the labels are %q", option, name, labels)
		}
	}
}
