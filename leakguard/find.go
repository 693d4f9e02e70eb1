package leakguard

import (
	"errors"
	"strings"

	"github.com/govitals/govitals/internal/stacks"
)

// Find lists the goroutines of the process, or of the synctest bubble that it is
// called in, but for the one that calls, for main, and for those that run tests.
// It waits for them to end as [Check] does; with Patience(0) it takes a single
// look.
//
//	mark := leakguard.Mark()
//	…
//	if report := leakguard.Find(leakguard.Since(mark)); len(report.Leaks) > 0 {
//		log.Print(report)
//	}
//
// In a program that runs, everything that serves it is listed: use [Since].
func Find(options ...Option) Report {
	s := newSettings(options)
	if s.hasBudget() {
		s.problem("a Budget is not for Find: use Check or Loop")
	}
	return find(s)
}

func find(s *settings) Report {
	search := &search{settings: s, scope: s.scope}
	if s.scope == AutoScope {
		search.scope = ProcessScope
		if _, bubble, _ := stacks.Self(); bubble != 0 {
			search.scope = BubbleScope
		}
	}
	if s.scope == LabelScope {
		s.problem("LabelScope needs a test that had the label from its beginning: use Check")
	}
	if s.since != nil {
		search.before = s.since.before
		if s.since.err != nil {
			s.problem("%v", s.since.err)
		}
	}
	if len(s.problems) > 0 {
		return Report{Scope: search.scope, Err: errors.New(strings.Join(s.problems, "; "))}
	}
	return search.start()
}
