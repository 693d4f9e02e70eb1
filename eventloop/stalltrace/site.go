package stalltrace

import (
	"strings"

	"golang.org/x/exp/trace"
)

const (
	// maxSites bounds the places that are told apart; all others are one.
	maxSites = 4096
	// maxCached bounds the stacks whose place is remembered.
	maxCached = 1 << 14
)

// site is a place in the program.
type site struct {
	name, file string
	line       int
}

// The first sites are those of what has no stack, and of all that there is no room for.
const (
	unknown = iota
	other
)

// sites is the table of the places that were met.
type sites struct {
	all    []site
	index  map[site]int32
	cached map[calls]int32
	roots  map[trace.Stack]kind // what goroutines that began with a stack do
	goroot string               // the directory of the standard library, once known
}

// calls is a stack without some of its innermost functions.
type calls struct {
	stack trace.Stack
	skip  int
}

func newSites() sites {
	return sites{all: []site{unknown: {name: "(unknown)"}, other: {name: "(other)"}}, index: map[site]int32{}, cached: map[calls]int32{}, roots: map[trace.Stack]kind{}}
}

// of returns the place that a stack is blamed on.
func (s *sites) of(stack trace.Stack, skip int) int32 {
	key := calls{stack, skip}
	if stack == trace.NoStack {
		return unknown
	}
	if at, known := s.cached[key]; known {
		return at
	}
	if len(s.cached) == maxCached {
		clear(s.cached)
	}
	at := s.put(s.pick(key))
	s.cached[key] = at
	return at
}

// rootKind returns what the goroutines do whose stack begins with these functions.
func (s *sites) rootKind(stack trace.Stack) kind {
	if does, known := s.roots[stack]; known {
		return does
	}
	if len(s.roots) == maxCached {
		clear(s.roots)
	}
	does := kindOf(root(stack))
	s.roots[stack] = does
	return does
}

// forget drops what is known of stacks: their handles mean something within a
// generation only.
func (s *sites) forget() {
	clear(s.cached)
	clear(s.roots)
}

// isStandard reports whether a place is in the standard library, or not known.
func (s *sites) isStandard(at int32) bool { return at == unknown || s.standard(s.all[at]) }

// put returns the index of a place. The same function at another line is the same.
func (s *sites) put(place site) int32 {
	if place.name == "" {
		return unknown
	}
	key := site{name: place.name, file: place.file}
	if at, known := s.index[key]; known {
		return at
	}
	if len(s.all) == maxSites {
		return other
	}
	s.all = append(s.all, place)
	at := int32(len(s.all) - 1)
	s.index[key] = at
	return at
}

// pick returns the innermost function of a stack that is not in the standard
// library, else the innermost that is not in the runtime, else the innermost.
func (s *sites) pick(from calls) site {
	var first, outside site
	for frame := range from.stack.Frames() {
		if from.skip > 0 {
			from.skip--
			continue
		}
		place := site{frame.Func, frame.File, int(min(frame.Line, 1<<30))}
		s.learn(place)
		if first == (site{}) {
			first = place
		}
		if inRuntime(frame.Func) {
			continue
		}
		if outside == (site{}) {
			outside = place
		}
		if !s.standard(place) {
			return place
		}
	}
	if outside != (site{}) {
		return outside
	}
	return first
}

// learn notes where the standard library lies, from the path of a function of the
// runtime; nothing, where paths were trimmed.
func (s *sites) learn(place site) {
	if s.goroot != "" || !strings.HasPrefix(place.name, "runtime.") {
		return
	}
	if dir, _, found := strings.Cut(place.file, "/src/runtime/"); found {
		s.goroot = dir + "/src/"
	}
}

// standard reports whether a place is in the standard library. Where paths were trimmed
// and where code was generated, the import path has to do.
func (s *sites) standard(place site) bool {
	switch {
	case strings.HasPrefix(place.name, "main."):
		return false
	case s.goroot != "" && strings.HasPrefix(place.file, s.goroot):
		return true
	case strings.HasPrefix(place.file, "/") || strings.Contains(place.file, ":"):
		return false
	}
	return isStandardName(place.name)
}

func inRuntime(name string) bool {
	return strings.HasPrefix(name, "runtime.") || strings.HasPrefix(name, "internal/runtime/") || strings.HasPrefix(name, "runtime/internal/")
}

// kindOf returns what goroutines do that begin with a function.
func kindOf(root string) kind {
	switch root {
	case "runtime.main", "runtime.runFinalizers", "runtime.runCleanups": // these run what is the user's
		return running
	case "runtime.gcBgMarkWorker", "runtime.bgsweep":
		return marking
	}
	if inRuntime(root) {
		return idle
	}
	return running
}

// root returns the outermost function of a stack but for runtime.goexit: what the
// goroutine began with.
func root(stack trace.Stack) (name string) {
	for frame := range stack.Frames() {
		if frame.Func != "runtime.goexit" {
			name = frame.Func
		}
	}
	return name
}
