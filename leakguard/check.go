package leakguard

import (
	"reflect"

	"github.com/govitals/govitals/internal/stacks"
)

// Check makes a test fail that leaves goroutines behind. Call it first: it
// looks after all cleanups that are registered later, and after what the test
// defers.
//
//	func TestServe(t *testing.T) {
//		leakguard.Check(t)
//		…
//	}
//
// It works in tests, subtests, benchmarks and fuzz targets, under t.Parallel
// whether that is called before or after, and inside synctest.Test. It looks
// too when the test fails, is skipped, calls FailNow or panics; the report says
// so of a test that had failed. Each Check judges by itself: a second one in the
// same test, or one in the parent of a subtest, reports again what is left in its
// own time.
//
// A check whose test started no goroutine takes a few microseconds. It gives
// the goroutine of the test a pprof label, see [LabelScope], for which other
// labels of it are lost: set yours afterwards.
func Check(t T, options ...Option) {
	if isNil(t) {
		panic("leakguard.Check: T is nil: pass the t of the test")
	}
	c := &check{t: t, help: helperOf(t), settings: newSettings(options)}
	c.help()
	c.since = c.settings.since
	if c.since == nil {
		c.since = markNow(c.isParallel)
	}
	c.setUp()
	t.Cleanup(c.end)
}

// check is one Check from its beginning to its end.
type check struct {
	t        T
	help     func()
	settings *settings
	label    runLabel
	since    *Moment // when it began
	early    parallelism
	budget   *budgetRun
}

// isParallel reports whether the label of the test will tell who came later. A
// hundred parallel tests begin at once: they need not look who is there.
func (c *check) isParallel() bool {
	switch c.settings.scope {
	case LabelScope:
		return true
	case AutoScope:
		return parallelismOf(c.t) != notParallel
	}
	return false
}

func (c *check) setUp() {
	s := c.settings
	if s.scope == AutoScope || s.scope == LabelScope {
		c.label = newRunLabel(nameOf(c.t))
	}
	if s.hasBudget() {
		c.early = parallelismOf(c.t)
		c.budget = startBudget(s, c.early != notParallel || s.scope == LabelScope)
	}
}

// end is called at cleanup.
func (c *check) end() {
	c.help()
	failed := hasFailed(c.t)
	for _, p := range c.settings.problems {
		c.t.Errorf("leakguard.Check: %s", p)
	}
	c.tell(c.report(), failed)
	for _, message := range c.verifyBudget() {
		c.t.Errorf("%s", message)
	}
}

func (c *check) report() (r Report) {
	switch moved := c.since.moved(); {
	case moved:
		scope, notes := c.scope()
		r = c.search(scope)
		r.Notes = append(r.Notes, notes...)
	case len(c.settings.ignores) > 0: // which nothing can fit
		r.Scope, _ = c.scope()
		newIdleSieve(c.settings.ignores).into(&r)
	}
	return r
}

// scope is chosen at the end, when it is known whether the test is parallel.
func (c *check) scope() (scope Scope, notes []string) {
	if scope = c.settings.scope; scope == AutoScope {
		scope = ProcessScope
		_, bubble, _ := stacks.Self()
		switch parallel := parallelismOf(c.t); {
		case bubble != 0:
			scope = BubbleScope
		case parallel == maybeParallel:
			notes = append(notes, "this release of Go does not show whether a test is parallel: it is taken for parallel; say ProcessScope if it is not")
			scope = LabelScope
		case parallel == isParallel:
			scope = LabelScope
		}
	}
	if scope == LabelScope && c.settings.since != nil {
		notes = append(notes, "Since has no effect here: the label that tells whose goroutines they are begins with Check")
	}
	return scope, notes
}

func (c *check) search(scope Scope) Report {
	if c.since.err != nil {
		return Report{Scope: scope, Err: c.since.err}
	}
	s := &search{settings: c.settings, scope: scope, label: c.label, allowed: c.settings.allowed()}
	if scope != BubbleScope || c.settings.since != nil { // else the bubble has to be empty
		s.before = c.since.before
	}
	return s.start()
}

// tell passes a report to the test.
func (c *check) tell(r Report, failed bool) {
	c.help()
	n := r.Count()
	switch {
	case r.Err == nil && n <= c.settings.allowed():
		if n > 0 || len(r.Unattributed)+len(r.Notes) > 0 {
			c.log("%s", r)
		}
	case failed:
		c.t.Errorf("The test had failed before; what it left behind may follow from that.\n%s", r)
	default:
		c.t.Errorf("%s", r)
	}
	for _, stale := range r.stale {
		c.t.Errorf("leakguard: %s", stale)
	}
}

// verifyBudget takes a test that became parallel after Check for parallel.
func (c *check) verifyBudget() []string {
	if c.budget == nil {
		return nil
	}
	if c.early == notParallel && parallelismOf(c.t) != notParallel {
		c.budget = startBudget(c.settings, true)
	}
	return c.budget.verify()
}

func isNil(v any) bool {
	if v == nil {
		return true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Func, reflect.Interface:
		return r.IsNil()
	}
	return false
}

// helperOf returns the method Helper, which marks the function that calls it.
func helperOf(t T) func() {
	if h, ok := t.(interface{ Helper() }); ok {
		return h.Helper
	}
	return func() {}
}

func nameOf(t T) string {
	if n, ok := t.(interface{ Name() string }); ok {
		return n.Name()
	}
	return ""
}

func (c *check) log(format string, args ...any) {
	c.help()
	if l, ok := c.t.(interface{ Logf(string, ...any) }); ok {
		l.Logf(format, args...)
	}
}

func hasFailed(t T) bool {
	f, ok := t.(interface{ Failed() bool })
	return ok && f.Failed()
}
