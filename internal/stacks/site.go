package stacks

import "strings"

// Site is where goroutines that belong together are: what was started, and
// where in the program it is now. It names the same goroutines in a profile and
// in a text.
type Site struct {
	// Root is the function that was started. It is "" if the stack is too deep
	// for the profile to hold it.
	Root string
	// Leaf is the innermost function that does not belong to the runtime: it
	// holds the channel operation, or is the function that blocks.
	Leaf string
}

// String returns the names with the innermost last.
func (s Site) String() string {
	switch s.Root {
	case "":
		return "(deep stack) → " + s.Leaf
	case s.Leaf:
		return s.Root
	}
	return s.Root + " → " + s.Leaf
}

// Deep is how a [Profile] names the site where the stack is too deep for it to hold the
// root. A text has both ends, so what it names may have to be looked up by this.
func (s Site) Deep() Site { return Site{Leaf: s.Leaf} }

// Site returns where the goroutine is.
func (g *Goroutine) Site() Site {
	var s Site
	for _, f := range g.Frames {
		if !isRuntime(f.Func) {
			s.Leaf = f.Func
			break
		}
	}
	last := len(g.Frames) - 1
	for last > 0 && isRuntime(g.Frames[last].Func) { // runtime.goexit, in crash reports
		last--
	}
	if last >= 1 && startsOthers(g.Frames[last].Func) {
		last--
	}
	if last >= 0 {
		s.Root = g.Frames[last].Func
	}
	if s.Leaf == "" {
		s.Leaf = s.Root
	}
	return s
}

// Own reports whether the goroutine is one that govitals started for itself.
func (g *Goroutine) Own() bool { return OwnRoot(g.Entry().Func) }

const module = "github.com/govitals/govitals/"

// OwnRoot reports whether goroutines of govitals begin with the function.
func OwnRoot(name string) bool {
	rest, ours := strings.CutPrefix(name, module)
	return ours && (rest == "internal/loop.(*Loop).run" || rest == "internal/collect.run")
}

// isRuntime reports whether a function belongs to the runtime and thus says
// nothing about the program. Functions of the runtime that have the name of
// another package, such as time.Sleep, do not count: texts show them.
func isRuntime(name string) bool { return strings.HasPrefix(name, "runtime.") }

// startsOthers reports whether a function is started with go only to call
// another one, which then stands for the goroutine.
func startsOthers(name string) bool {
	switch name {
	case "sync.(*WaitGroup).Go.func1", "golang.org/x/sync/errgroup.(*Group).Go.func1", module + "leakguard.run":
		return true
	}
	return false
}
