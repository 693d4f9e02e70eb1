package leakguard

import (
	"fmt"
	"time"
)

// DefaultPatience is how long a check waits at most for goroutines to end.
const DefaultPatience = time.Second

// T is the part of *testing.T, *testing.B and *testing.F that checks need. The
// methods Helper, Failed, Name and Logf are used where T has them.
type T interface {
	// Errorf reports a failure, as that of *testing.T does.
	Errorf(format string, args ...any)
	// Cleanup takes a function to be called after the test. The last that was
	// given is called first.
	Cleanup(func())
}

// Option changes what a check looks at, waits for or lets pass.
type Option interface{ apply(*settings) }

// settings is what options add up to.
type settings struct {
	patience time.Duration
	scope    Scope      // AutoScope = chosen by itself
	since    *Moment    // nil = no option Since
	ignores  []*ignore  // in the order of the options
	budget   *Budget    // nil = none: no goroutine may be left
	file     budgetList // what BudgetFile gave; its path is "" if nothing
	problems []string   // options that make no sense; the check fails with them
}

func newSettings(options []Option) *settings {
	s := &settings{patience: DefaultPatience}
	for _, o := range options {
		if o == nil {
			s.problem("an option is nil: leave it out")
			continue
		}
		o.apply(s)
	}
	s.checkSeries()
	return s
}

// checkSeries refuses a budget file that lists series which nothing counts. The
// options come in any order, so it is known in the end only.
func (s *settings) checkSeries() {
	if s.budget != nil && s.budget.SeriesCount != nil {
		return
	}
	for _, line := range s.file.lines {
		if line.word == metricSeries.word() {
			s.problem("%s:%d lists %q, but Budget.SeriesCount is nil: give the function that counts them", s.file.path, line.number, line)
		}
	}
}

// hasBudget reports whether there is something to look at besides goroutines.
func (s *settings) hasBudget() bool { return s.budget != nil || s.file.path != "" }

// allowed is how many goroutines may be left behind.
func (s *settings) allowed() int {
	if s.budget == nil {
		return 0
	}
	return s.budget.Goroutines
}

// problem notes an option that makes no sense, with its remedy.
func (s *settings) problem(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

// optionFunc is an option that is a function.
type optionFunc func(*settings)

func (f optionFunc) apply(s *settings) { f(s) }

// Patience sets how long a check waits at most for goroutines to end. A check
// that finds none does not wait; one that finds only goroutines which nothing
// can wake up stops waiting at once. 0 means a single look.
// Default: [DefaultPatience].
func Patience(d time.Duration) Option {
	return optionFunc(func(s *settings) {
		if d < 0 {
			s.problem("Patience is %v: use 0 for a single look, or more", d)
			return
		}
		s.patience = d
	})
}
