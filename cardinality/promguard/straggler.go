package promguard

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// straggler is a metric that was deleted and that goroutines may still hold.
type straggler struct {
	metric prometheus.Metric
	into   *ward
	folded *tally
	last   time.Time // when it was deleted, or found to be in use after that
	held   bool      // written to after it was deleted
}

const (
	// lateFor is for how long a deleted metric is looked at, and heldFor for how
	// long if somebody wrote to it meanwhile: who does so once keeps the metric and
	// will do so again.
	lateFor = 2 * sweepEvery
	heldFor = 10 * time.Minute
)

// newStraggler folds what was not folded before.
func newStraggler(m prometheus.Metric, into *ward, folded *tally) *straggler {
	return &straggler{metric: m, into: into, folded: fold(m, into, folded), last: time.Now()}
}

// done folds what came late and reports whether to stop looking.
func (s *straggler) done() bool {
	before := s.folded
	s.folded = fold(s.metric, s.into, before)
	if before != nil && !s.folded.equals(before) {
		s.last, s.held = time.Now(), true
	}
	if s.held {
		return time.Since(s.last) > heldFor
	}
	return time.Since(s.last) > lateFor
}
