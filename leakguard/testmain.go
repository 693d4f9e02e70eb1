package leakguard

import (
	"fmt"
	"io"
	"os"
)

// M is the part of *testing.M that [VerifyTestMain] needs.
type M interface {
	// Run runs the tests and returns the exit code.
	Run() int
}

// VerifyTestMain runs the tests of a package and makes the run fail if they
// leave goroutines behind. It does not return: it ends the process as
// testing.M demands.
//
//	func TestMain(m *testing.M) { leakguard.VerifyTestMain(m) }
//
// What was there before the tests ran, such as a goroutine started by an
// imported package, is not theirs. If tests have failed, their exit code stays,
// and the report says that they had. The report goes to standard error.
func VerifyTestMain(m M, options ...Option) {
	if isNil(m) {
		panic("leakguard.VerifyTestMain: M is nil: pass the m of TestMain")
	}
	os.Exit(verifyMain(m, os.Stderr, options))
}

func verifyMain(m M, w io.Writer, options []Option) int {
	s := newSettings(options)
	if s.since == nil {
		s.since = Mark()
	}
	budget := startBudget(s, false)
	code := m.Run()
	r := find(s)
	faults := r.stale
	if r.Err != nil || r.Count() > s.allowed() {
		faults = append([]string{r.String()}, faults...)
	} else if r.Count()+len(r.Notes) > 0 {
		fmt.Fprint(w, r)
	}
	if budget != nil {
		faults = append(faults, budget.verify()...)
	}
	if len(faults) == 0 {
		return code
	}
	return tellMain(w, faults, code)
}

// tellMain writes what is wrong after the tests, and returns the exit code.
func tellMain(w io.Writer, faults []string, code int) int {
	if code != 0 {
		fmt.Fprintf(w, "Tests had failed before (exit code %d); what they left behind may follow from that.\n", code)
	}
	for _, f := range faults {
		fmt.Fprintln(w, f)
	}
	if code == 0 {
		return 1
	}
	return code
}
