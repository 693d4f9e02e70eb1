package leakguard

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/govitals/govitals/internal/stacks"
)

// ignore lets some goroutines pass.
type ignore struct {
	name  string // the option as it is written, or the line of a file
	max   int    // as many may pass
	match func(*stacks.Goroutine) bool
	// key and value are those of a label, which a dump does not show. Then
	// match is nil.
	key, value string
	// shrinks means that it is a fault if fewer than max are there: the figure
	// has to be lowered.
	shrinks bool
}

// IgnoreCreator lets goroutines pass that were started by a function: at most
// limit of them. The function is named as in the report, and * stands for any
// characters: "net/http.(*Transport).dialConn", "example.com/pool.*".
func IgnoreCreator(function string, limit int) Option {
	return ignoreFunction("IgnoreCreator", function, limit, func(g *stacks.Goroutine, match func(string) bool) bool {
		return g.CreatedBy.Func != "" && match(g.CreatedBy.Func)
	})
}

// IgnoreEntry lets goroutines pass that began with a function, the one after
// the word go: at most limit of them. It is named as for [IgnoreCreator].
func IgnoreEntry(function string, limit int) Option {
	return ignoreFunction("IgnoreEntry", function, limit, func(g *stacks.Goroutine, match func(string) bool) bool {
		return match(g.Entry().Func) || match(g.Site().Root)
	})
}

// IgnorePattern lets goroutines pass whose stack, as the runtime prints it,
// matches a regular expression: at most limit of them. It is the last resort:
// a function anywhere in the stack says little about who has to end it.
func IgnorePattern(expression string, limit int) Option {
	return optionFunc(func(s *settings) {
		name := fmt.Sprintf("IgnorePattern(%q, %d)", expression, limit)
		re, err := regexp.Compile(expression)
		switch {
		case expression == "":
			s.problem("%s: the expression is empty and matches all: name what to ignore", name)
		case err != nil:
			s.problem("%s: %v", name, err)
		default:
			s.ignore(&ignore{name: name, max: limit, match: func(g *stacks.Goroutine) bool { return re.MatchString(g.Text) }})
		}
	})
}

// IgnoreLabel lets goroutines pass that have a pprof label: at most limit
// of them. Goroutines at one place of the program count as equal: if some of them
// have the label, as many pass.
func IgnoreLabel(key, value string, limit int) Option {
	return optionFunc(func(s *settings) {
		name := fmt.Sprintf("IgnoreLabel(%q, %q, %d)", key, value, limit)
		if key == "" {
			s.problem("%s: the key is empty: name the label", name)
			return
		}
		s.ignore(&ignore{name: name, max: limit, key: key, value: value})
	})
}

func ignoreFunction(option, function string, limit int, match func(*stacks.Goroutine, func(string) bool) bool) Option {
	return optionFunc(func(s *settings) {
		name := fmt.Sprintf("%s(%q, %d)", option, function, limit)
		if strings.Trim(function, "* ") == "" {
			s.problem("%s names no function: copy the line that a report gives", name)
			return
		}
		glob := compileGlob(function)
		s.ignore(&ignore{name: name, max: limit, match: func(g *stacks.Goroutine) bool { return match(g, glob) }})
	})
}

// ignore adds an ignore that makes sense.
func (s *settings) ignore(i *ignore) {
	if i.max < 1 {
		s.problem("%s: the most that may pass is %d: use at least 1, or leave the option out", i.name, i.max)
		return
	}
	s.ignores = append(s.ignores, i)
}

// compileGlob returns a match of names in which * stands for any characters.
// The * of "(*T)" needs no care, as it matches itself.
func compileGlob(pattern string) func(string) bool {
	parts := strings.Split(asWritten(pattern), "*")
	if len(parts) == 1 {
		return func(name string) bool { return asWritten(name) == parts[0] }
	}
	first, last := parts[0], parts[len(parts)-1]
	return func(name string) bool {
		rest, ok := strings.CutPrefix(asWritten(name), first)
		if !ok {
			return false
		}
		for _, part := range parts[1 : len(parts)-1] {
			_, after, found := strings.Cut(rest, part)
			if !found {
				return false
			}
			rest = after
		}
		return strings.HasSuffix(rest, last)
	}
}

// asWritten returns the name of a function as people write it: where the last
// element of an import path has a dot the runtime prints "yaml%2ev3.Decode"
// (PathToPrefix in cmd/internal/objabi/path.go).
func asWritten(function string) string { return strings.ReplaceAll(function, "%2e", ".") }

// Ignored is what became of an option that lets goroutines pass.
type Ignored struct {
	// Option is the option as it is written.
	Option string
	// Max is how many may pass.
	Max int
	// Seen is how many goroutines it fits. Those above Max are leaks.
	Seen int
}

// sieve applies ignores to the goroutines of one look.
type sieve struct {
	ignores []*ignore
	seen    []int
	labels  []map[stacks.Site]int // for each ignore by label, how many have it where
}

// newSieve returns a sieve. It reads the goroutine profile if labels matter.
func newSieve(ignores []*ignore) (*sieve, error) {
	s := &sieve{ignores: ignores, seen: make([]int, len(ignores)), labels: make([]map[stacks.Site]int, len(ignores))}
	var samples []stacks.Sample
	for i, ig := range ignores {
		if ig.match != nil {
			continue
		}
		if samples == nil {
			var err error
			if samples, err = stacks.Labelled(); err != nil {
				return nil, err
			}
		}
		s.labels[i] = make(map[stacks.Site]int)
		for _, sample := range samples {
			if value, ok := sample.Label(ig.key); ok && value == ig.value {
				s.labels[i][sample.Site] += sample.Count
			}
		}
	}
	return s, nil
}

// newIdleSieve is that of a check that has no goroutine to look at.
func newIdleSieve(ignores []*ignore) *sieve {
	return &sieve{ignores: ignores, seen: make([]int, len(ignores))}
}

// passes reports whether a goroutine may pass, and counts it.
func (s *sieve) passes(g *stacks.Goroutine) bool {
	for i, ig := range s.ignores {
		if s.fits(i, g) {
			s.seen[i]++
			if s.seen[i] <= ig.max {
				return true
			}
		}
	}
	return false
}

func (s *sieve) fits(i int, g *stacks.Goroutine) bool {
	if match := s.ignores[i].match; match != nil {
		return match(g)
	}
	site, n := countAt(s.labels[i], g)
	if n > 0 {
		s.labels[i][site]--
	}
	return n > 0
}

// into writes what became of the ignores into a report.
func (s *sieve) into(r *Report) {
	for i, ig := range s.ignores {
		seen := s.seen[i]
		r.Ignored = append(r.Ignored, Ignored{ig.name, ig.max, seen})
		switch {
		case seen > ig.max:
			r.Notes = append(r.Notes, fmt.Sprintf("%s fits %d goroutines: those above %d are leaks", ig.name, seen, ig.max))
		case ig.shrinks && seen < ig.max:
			r.stale = append(r.stale, fmt.Sprintf("%s: only %d of %d are left: lower the figure, or remove the line at 0", ig.name, seen, ig.max))
		case seen == 0:
			r.Notes = append(r.Notes, ig.name+" fits no goroutine: remove it if that is always so")
		}
	}
}
