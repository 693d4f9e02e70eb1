package judge

import (
	"bytes"
	"fmt"
	"regexp"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/fortytw2/leaktest"
	"go.uber.org/goleak"

	"github.com/govitals/govitals/leakguard"
)

// detector begins to look, and returns what says in the end whether it flags
// the program, its words, and the goroutines that these name.
type detector func(program func()) func() (flagged bool, text string, ids []uint64)

// Iterations is how often Loop runs a program.
const Iterations = 20

var detectors = map[string]detector{
	"Check":         checkWith(),
	"Check, labels": checkWith(leakguard.LabelScope),
	"Find":          withFind,
	"Loop":          withLoop,
	"goleak":        withGoleak,
	"leaktest":      withLeaktest,
	"goroutineleak": withProfile,
}

func checkWith(options ...leakguard.Option) detector {
	return func(func()) func() (bool, string, []uint64) {
		t := &jury{}
		leakguard.Check(t, options...)
		return func() (bool, string, []uint64) {
			t.end()
			return t.failed, t.said.String(), nil
		}
	}
}

// withFind is Check for who wants to know which goroutines.
func withFind(func()) func() (bool, string, []uint64) {
	mark := leakguard.Mark()
	return func() (bool, string, []uint64) {
		r := leakguard.Find(leakguard.Since(mark))
		var ids []uint64
		for _, l := range r.Leaks {
			ids = append(ids, l.IDs...)
		}
		return r.Count() > 0 || r.Err != nil, r.String(), ids
	}
}

func withLoop(program func()) func() (bool, string, []uint64) {
	t := &jury{}
	return func() (bool, string, []uint64) {
		leakguard.Loop(t, Iterations, program)
		return t.failed, t.said.String(), nil
	}
}

func withGoleak(func()) func() (bool, string, []uint64) {
	t, before := &jury{}, goleak.IgnoreCurrent()
	return func() (bool, string, []uint64) {
		goleak.VerifyNone(t, before)
		return t.failed, t.said.String(), find(goleakHeader, t.said.String())
	}
}

// LeaktestWaits is how long leaktest waits, instead of 5 s, which is as long as
// goleak does.
const LeaktestWaits = 500 * time.Millisecond

func withLeaktest(func()) func() (bool, string, []uint64) {
	t := &jury{}
	verify := leaktest.CheckTimeout(t, LeaktestWaits)
	return func() (bool, string, []uint64) {
		verify()
		return t.failed, t.said.String(), find(leaktestHeader, t.said.String())
	}
}

// withProfile is what the runtime can prove. It knows of no beginning.
func withProfile(func()) func() (bool, string, []uint64) {
	return func() (bool, string, []uint64) {
		profile := pprof.Lookup("goroutineleak")
		if profile == nil {
			return false, "this build has no goroutine leak profile", nil
		}
		var text bytes.Buffer
		if err := profile.WriteTo(&text, 2); err != nil {
			return false, err.Error(), nil
		}
		ids := find(leakedHeader, text.String())
		return len(ids) > 0, text.String(), ids
	}
}

var (
	header         = regexp.MustCompile(`(?m)^goroutine (\d+) `)
	leakedHeader   = regexp.MustCompile(`(?m)^goroutine (\d+) \[[^\]]*\(leaked\)`)
	goleakHeader   = regexp.MustCompile(`Goroutine (\d+) in state`)
	leaktestHeader = regexp.MustCompile(`leaked goroutine: goroutine (\d+) `)
)

// find returns the ids that an expression finds in a text.
func find(expression *regexp.Regexp, text string) (ids []uint64) {
	for _, m := range expression.FindAllStringSubmatch(text, -1) {
		if id, err := strconv.ParseUint(m[1], 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// jury is a test for all detectors.
type jury struct {
	failed   bool
	said     strings.Builder
	cleanups []func()
}

func (j *jury) Errorf(format string, args ...any) {
	j.failed = true
	fmt.Fprintf(&j.said, format+"\n", args...)
}

func (j *jury) Error(args ...any) {
	j.failed = true
	fmt.Fprintln(&j.said, args...)
}

func (j *jury) Cleanup(f func()) { j.cleanups = append(j.cleanups, f) }

func (j *jury) end() {
	for _, f := range j.cleanups {
		f()
	}
}
