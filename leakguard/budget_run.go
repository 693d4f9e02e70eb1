package leakguard

import (
	"fmt"
	"maps"
	"slices"

	"github.com/govitals/govitals/internal/usage"
)

// budgetRun compares what a process holds at the end of a check with what it
// held at the beginning. Goroutines are counted elsewhere.
type budgetRun struct {
	limits      *limits
	settings    *settings
	wait        *pauser
	problems    []string
	before, now holding
	allocations *allocations // nil = the heap is not looked at
	since       *Moment      // nil = there is no file to write goroutines into
}

// startBudget begins to watch what the settings limit. It returns nil if there
// is neither a budget nor a file.
func startBudget(s *settings, parallel bool) *budgetRun {
	if !s.hasBudget() {
		return nil
	}
	r := &budgetRun{limits: newLimits(s).ofCheck(), wait: &pauser{patience: s.patience}, settings: s}
	if r.refuse(parallel); s.file.isMissing && !parallel {
		r.since = Mark()
	}
	if len(r.problems) == 0 {
		r.start()
	}
	return r
}

// refuse names what cannot be looked at.
func (r *budgetRun) refuse(parallel bool) {
	for k := range resources {
		if !r.limits.looked[k] {
			continue
		}
		if allowed, least := r.limits.allowed[k], readingNoise[k]; allowed > 0 && allowed < least {
			r.problem("the budget %s of %d is too fine for the difference of two readings, which has a noise of %d: use None, %d or more, or Loop",
				k.field(), allowed, least, least)
		}
		if parallel {
			r.problem("the budget %s cannot be checked in a parallel test, where the %s belong to all tests that run: leave it out, or do not call t.Parallel",
				k.field(), k.title())
		}
	}
}

func (r *budgetRun) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// start takes the first readings. What earlier tests forgot is collected
// before, so that it does not make up for what this one keeps.
func (r *budgetRun) start() {
	looked := &r.limits.looked
	if looked[fileDescriptors] || r.looksAtMemory() {
		usage.Collect()
	}
	if looked[heapBytes] || looked[heapObjects] {
		r.allocations = new(allocations)
		r.allocations.start()
	}
	r.readCounts(&r.before)
	r.readMemory(&r.before)
}

func (r *budgetRun) looksAtMemory() bool {
	looked := &r.limits.looked
	return looked[heapBytes] || looked[heapObjects] || looked[finalizerBacklog]
}

// verify compares, waiting for what may go away by itself, and returns what is
// wrong. It is called when goroutines have settled. Memory comes last: reading
// it collects garbage, and that closes files that were forgotten.
func (r *budgetRun) verify() []string {
	if r == nil {
		return nil
	}
	if len(r.problems) > 0 {
		return r.problems
	}
	complaints := r.settle(r.readCounts, fileDescriptors, threadCount, metricSeries)
	complaints = append(complaints, r.settle(r.readMemory, heapBytes, heapObjects, finalizerBacklog)...)
	complaints = append(complaints, r.limits.unanswered()...)
	return r.limits.file.texts(complaints, r.goroutineLines()...)
}

// goroutineLines returns the lines for the goroutines that are left, if the file
// is missing. The check reports them itself.
func (r *budgetRun) goroutineLines() []budgetLine {
	if r.since == nil {
		return nil
	}
	byCreator := map[string]int64{}
	for _, leak := range find(&settings{since: r.since, ignores: r.settings.ignores}).Leaks {
		byCreator[leak.creator] += int64(leak.Count)
	}
	var lines []budgetLine
	for _, creator := range slices.Sorted(maps.Keys(byCreator)) {
		lines = append(lines, budgetLine{word: goroutinesWord, count: byCreator[creator], site: creator})
	}
	return lines
}

// settle reads until none of some resources is above its limit.
func (r *budgetRun) settle(read func(*holding), some ...resource) []complaint {
	read(&r.now)
	complaints := r.complaints(some)
	for r.wait.begin(); len(complaints) > 0 && r.wait.pause(); {
		read(&r.now)
		complaints = r.complaints(some)
	}
	return complaints
}
