package eventloop

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/conform"
)

// blind explains every stall in the same way and reads nothing.
type blind struct {
	cause     Cause
	baselines atomic.Int64
}

func (b *blind) Baseline(time.Time, depth) { b.baselines.Add(1) }

func (b *blind) Explain(_, _ time.Time, _ time.Duration) (Cause, Evidence) {
	return b.cause, Evidence{}
}

func newProbe(tb testing.TB, config Config) *Probe {
	tb.Helper()
	p, err := New(config)
	if err != nil {
		tb.Fatal(err)
	}
	p.witness = &blind{cause: CauseGC}
	return p
}

func TestAZeroProbeSaysWhatIsWrong(t *testing.T) {
	if err := (&Probe{}).Start(t.Context()); err == nil || !strings.Contains(err.Error(), "make it with New") {
		t.Errorf("Start of a zero value: %v", err)
	}
	if got := (&Probe{}).Overdue(); got != 0 {
		t.Errorf("a zero value is overdue for %v", got)
	}
}

func TestLifecycle(t *testing.T) {
	conform.Lifecycle(t, &Probe{}, func() conform.Starter {
		return newProbe(t, Config{IdlePeriod: time.Second, OnStall: func(Stall) {}})
	})
}

// Who asks may have to wait for a processor between looking at the deadline and at the
// clock.
func TestATickThatIsHandledMeanwhileIsNotOverdue(t *testing.T) {
	p := newProbe(t, Config{})
	p.deadline.Store(int64(time.Second))
	p.since = func() time.Duration {
		p.deadline.Store(int64(time.Hour))
		return time.Minute
	}
	if got := p.Overdue(); got != 0 {
		t.Errorf("overdue is %v, and the next tick is due in an hour", got)
	}
}
