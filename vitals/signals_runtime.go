package vitals

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/leakguard"
)

// stacks is the signal "stacks": memory of goroutine stacks. It grows with
// goroutines that pile up, and, with their number as it is, with deep recursion.
type stacks struct {
	monitor    *heap.Monitor
	goroutines *leakguard.Goroutines
	work       work
}

func (*stacks) Name() string { return "stacks" }

func (*stacks) Unit() string { return "By" }

// Floor is the stacks of some hundred goroutines: a service that gets more
// connections than ever is not a leak.
func (*stacks) Floor() float64 { return 4 << 20 }

// Read gives a point for each collection: it is then that stacks shrink and free
// ones are given back (runtime.freeStackSpans).
func (s *stacks) Read(context.Context) (leakguard.Reading, error) {
	now := s.monitor.Snapshot()
	if now.Cycles == 0 {
		return leakguard.Reading{}, leakguard.ErrNotYet
	}
	return leakguard.Reading{Value: float64(now.Stacks), Load: s.work.rate(now), Epoch: now.Cycles}, nil
}

// Culprits implements leakguard.Blamer: where goroutines pile up.
func (s *stacks) Culprits(n int) []finding.Culprit { return s.goroutines.Culprits(n) }

// backlog is the signal "backlog": functions of runtime.SetFinalizer and
// runtime.AddCleanup that are due and have not run.
type backlog struct{ monitor *heap.Monitor }

func (*backlog) Name() string { return "backlog" }

func (*backlog) Unit() string { return "{function}" }

// Floor is above what is always open: the runtime hands functions out, and counts
// them, in blocks of some hundred for each processor.
func (*backlog) Floor() float64 { return 2000 }

func (b *backlog) Read(context.Context) (leakguard.Reading, error) {
	s := b.monitor.Snapshot()
	return leakguard.Reading{Value: float64(s.FinalizerBacklog() + s.CleanupBacklog()), Load: math.NaN()}, nil
}

// Culprits implements leakguard.Blamer: which of the two queues it is.
func (b *backlog) Culprits(n int) []finding.Culprit {
	s := b.monitor.Snapshot()
	return backlogCulprits(float64(s.FinalizerBacklog()), float64(s.CleanupBacklog()), n)
}

func backlogCulprits(finalizers, cleanups float64, n int) []finding.Culprit {
	total := finalizers + cleanups
	var culprits []finding.Culprit
	for _, queue := range []finding.Culprit{
		{Name: "functions of runtime.SetFinalizer", Share: finalizers},
		{Name: "functions of runtime.AddCleanup", Share: cleanups},
	} {
		if queue.Share > 0 {
			queue.Share /= total
			culprits = append(culprits, queue)
		}
	}
	slices.SortFunc(culprits, func(a, b finding.Culprit) int { return cmp.Compare(b.Share, a.Share) })
	return culprits[:min(n, len(culprits))]
}

// buckets is the signal "buckets": memory of the runtime's own profiles, one
// bucket for each distinct stack. It never shrinks.
type buckets struct{ monitor *heap.Monitor }

func (buckets) Name() string { return "buckets" }

func (buckets) Unit() string { return "By" }

// Floor is what some twenty thousand stacks take: a program needs as many to have
// been everywhere once.
func (buckets) Floor() float64 { return 8 << 20 }

func (b buckets) Read(context.Context) (leakguard.Reading, error) {
	s := b.monitor.Snapshot()
	if s.ProfilerBuckets == 0 {
		return leakguard.Reading{}, leakguard.ErrNotYet
	}
	return leakguard.Reading{Value: float64(s.ProfilerBuckets), Load: math.NaN()}, nil
}
