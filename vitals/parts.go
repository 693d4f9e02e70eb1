package vitals

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
)

// How much can be added. Beyond it the report says what was left out.
const (
	maxSources = 256
	maxMisuses = 16
)

// Add puts parts into the report: jobs, queues, guards, anything that has
// findings. A part that is a metric.Source too is exported with Vitals. Adding
// a part does not start it, and Close does not close it.
func (v *Vitals) Add(sources ...finding.Source) {
	for _, source := range sources {
		if err := v.add(source); err != nil {
			v.misused(err)
		}
	}
}

func (v *Vitals) add(source finding.Source) error {
	if source == nil {
		return errors.New("a nil source was given to Add: leave it out")
	}
	if at := reflect.ValueOf(source); at.Kind() == reflect.Pointer && at.IsNil() {
		return fmt.Errorf("a nil %T was given to Add: leave it out", source)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.sources) == maxSources {
		return fmt.Errorf("a %T was not added: there are %d sources already, which is the most", source, maxSources)
	}
	v.sources = append(v.sources, source)
	return nil
}

// misused logs wrong use and keeps it for the report, so that nobody has to
// find it in a log. What is there already is not said again.
func (v *Vitals) misused(err error) {
	f := finding.Finding{
		Signal: "setup", State: finding.Unknown, Cause: "misuse", Summary: "Set-up: " + err.Error() + ".",
	}
	if v.keepMisuse(presentable(f)) {
		v.logger.Warn("govitals: " + err.Error())
	}
}

// keepMisuse reports whether f is news and there was room. The log is that of the user,
// who may ask for a report there, or not come back: it is not written to under the lock.
func (v *Vitals) keepMisuse(f finding.Finding) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	said := slices.ContainsFunc(v.misuses, func(old finding.Finding) bool { return old.Summary == f.Summary })
	if said || len(v.misuses) == maxMisuses {
		return false
	}
	v.misuses = append(v.misuses, f)
	return true
}

// partsOf returns the parts that were added that can do something more.
func partsOf[T any](v *Vitals) (found []T) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, source := range v.sources {
		if part, ok := source.(T); ok {
			found = append(found, part)
		}
	}
	return found
}

// safely calls a method of a part, which others wrote. If it panics that is said, and
// costs nothing but what the part has to say.
func (v *Vitals) safely(method string, part any, call func()) {
	defer func() {
		if value := recover(); value != nil {
			v.misused(fmt.Errorf("%s of %T panicked: %v", method, part, value))
		}
	}()
	call()
}

// metricSources returns the parts that have figures, the gate of the handler
// among them.
func (v *Vitals) metricSources() []metric.Source {
	return append([]metric.Source{v.gate, v.detector}, partsOf[metric.Source](v)...)
}

// grouped is a part that has guards.
type grouped interface{ Guards() []*cardinality.Guard }

// guards returns the guards among the parts.
func (v *Vitals) guards() []*cardinality.Guard {
	guards := partsOf[*cardinality.Guard](v)
	for _, group := range partsOf[grouped](v) {
		guards = append(guards, v.guardsIn(group)...)
	}
	return guards
}

// guardsIn returns those of one part.
func (v *Vitals) guardsIn(group grouped) (guards []*cardinality.Guard) {
	v.safely("Guards", group, func() { guards = slices.Clone(group.Guards()) })
	return slices.DeleteFunc(guards, func(g *cardinality.Guard) bool { return g == nil })
}
