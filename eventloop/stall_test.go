package eventloop

import (
	"context"
	"errors"
	"math"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// sleeper ticks in the fake time of a bubble, and oversleeps in stalls.
type sleeper struct {
	since        func() time.Duration
	stalls       []span
	next, period time.Duration
	done         chan struct{}
	once         sync.Once
}

func (s *sleeper) arm(first, period time.Duration) error {
	s.next, s.period = first, period
	return nil
}

func (s *sleeper) wait() (uint64, error) {
	until := max(s.next, s.since())
	for _, stall := range s.stalls {
		if stall.from <= until && until < stall.to {
			until = stall.to
		}
	}
	select {
	case <-s.done:
		return 0, os.ErrClosed
	case <-time.After(until - s.since()):
	}
	n := (s.since()-s.next)/s.period + 1
	s.next += n * s.period
	return uint64(n), nil
}

// sleepy opens a sleeper.
func sleepy(stalls ...span) func(Mode, func() time.Duration) (source, Mode, error, error) {
	return func(_ Mode, since func() time.Duration) (source, Mode, error, error) {
		return &sleeper{since: since, stalls: stalls, done: make(chan struct{})}, Netpoll, nil, nil
	}
}

func (s *sleeper) close() { s.once.Do(func() { close(s.done) }) }

// startWith starts a probe in a bubble whose process has the stalls.
func startWith(t *testing.T, config Config, stalls ...span) *Probe {
	t.Helper()
	p := newProbe(t, config)
	p.queued = func() bool { return true }
	startOn(t, p, stalls...)
	return p
}

// startOn starts a probe in a bubble whose process has the stalls.
func startOn(t *testing.T, p *Probe, stalls ...span) {
	t.Helper()
	p.open = sleepy(stalls...)
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
}

func TestStallsAreCountedAndReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var got []Stall
		p := startWith(t, Config{OnStall: func(s Stall) { got = append(got, s) }},
			span{105 * ms, 140 * ms}, // below the threshold
			span{203 * ms, 303 * ms}, span{403 * ms, 603 * ms})
		time.Sleep(time.Second)
		p.Close()
		if len(got) != 2 || got[0].Lag != 93*ms || got[1].Lag != 193*ms || got[0].Cause != CauseGC {
			t.Fatalf("reported are %+v, want 93 and 193ms because of gc", got)
		}
		if want := begin.Add(210 * ms); !got[0].Start.Equal(want) {
			t.Errorf("the first began at %v, want %v", got[0].Start, want)
		}
		s := p.Snapshot()
		if of := s.Stalls[CauseGC]; len(s.Stalls) != 1 || of.Count != 2 || math.Abs(of.Seconds-0.286) > 1e-9 || math.Abs(s.StallSeconds-0.286) > 1e-9 {
			t.Errorf("counted are %v and %v s, want 2 because of gc with 0.286 s", s.Stalls, s.StallSeconds)
		}
	})
}

func TestACallbackThatHangsOrPanicsHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stalls []span
		for at := 100 * ms; at < 2000*ms; at += 200 * ms {
			stalls = append(stalls, span{at + 3*ms, at + 103*ms})
		}
		var called atomic.Int64
		p := startWith(t, Config{OnStall: func(Stall) { called.Add(1); time.Sleep(time.Second); panic("callback") }}, stalls...)
		time.Sleep(4 * time.Second)
		s, calls := p.Snapshot(), called.Load()
		if s.Stalls[CauseGC].Count != 10 || calls < 2 || calls > 4 {
			t.Errorf("%d stalls counted and %d reported, want 10 and one a second", s.Stalls[CauseGC].Count, calls)
		}
		troubles := strings.Join(p.troubles(), "; ")
		if !strings.Contains(troubles, "not reported") || !strings.Contains(troubles, "panicked: callback") {
			t.Errorf("said is %q", troubles)
		}
	})
}

func TestStallsBeyondTheQueueAreUnknown(t *testing.T) {
	p := newProbe(t, Config{})
	for range maxPending + 3 {
		p.stalled(100 * ms)
	}
	p.explain(t.Context())
	s := p.Snapshot()
	if s.Stalls[CauseGC].Count != maxPending || s.Stalls[CauseUnknown].Count != 3 {
		t.Errorf("counted are %v, want %d explained and 3 unknown", s.Stalls, maxPending)
	}
	p.record(Stall{Cause: "no such cause"})
	if got := p.Snapshot().Stalls[CauseUnknown].Count; got != 4 {
		t.Errorf("a cause that is none counts as unknown: %d, want 4", got)
	}
}

// slowly explains a stall within a second.
type slowly struct{ blind }

func (s *slowly) Explain(_, _ time.Time, _ time.Duration) (Cause, Evidence) {
	time.Sleep(time.Second)
	return CauseGC, Evidence{}
}

// The last stalls of a process are those after which it was told to end.
func TestAStallThatNobodyExplainsAnyMoreIsUnknown(t *testing.T) {
	for name, end := range map[string]func(*Probe, context.CancelFunc){
		"Close": func(p *Probe, _ context.CancelFunc) { p.Close() }, "context": func(_ *Probe, cancel context.CancelFunc) { cancel() },
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newProbe(t, Config{})
			p.witness = &slowly{}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p.open = sleepy(span{103 * ms, 203 * ms}, span{303 * ms, 403 * ms})
			if err := p.Start(ctx); err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			time.Sleep(500 * ms)
			end(p, cancel)
			time.Sleep(time.Minute)
			s := p.Snapshot()
			if gc, unknown := s.Stalls[CauseGC], s.Stalls[CauseUnknown]; gc.Count != 1 || unknown.Count != 1 || gc.Seconds+unknown.Seconds != s.StallSeconds {
				t.Errorf("after the end by %s: stalls of %v s, by cause %v", name, s.StallSeconds, s.Stalls)
			}
		})
	}
}

// The goroutine that ticks may be in the middle of a tick when the end comes.
func TestAStallThatIsFoundAfterTheEndIsUnknown(t *testing.T) {
	p := newProbe(t, Config{})
	p.end()
	p.stalled(100 * ms)
	if s := p.Snapshot(); s.Stalls[CauseUnknown].Count != 1 {
		t.Errorf("counted are %v, want one that is unknown", s.Stalls)
	}
}

func TestOverdueIsTheStallThatGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{}, span{503 * ms, time.Hour})
		time.Sleep(500*ms + time.Microsecond)
		if got := p.Overdue(); got != 0 {
			t.Errorf("overdue is %v before the stall", got)
		}
		time.Sleep(10 * ms)
		synctest.Wait()
		time.Sleep(250 * ms)
		want := 250*ms + time.Microsecond
		if got := p.Overdue(); got != want || p.Snapshot().Overdue != want {
			t.Errorf("overdue is %v, want %v", got, want)
		}
		if got := p.Snapshot(); got.Max > ms {
			t.Errorf("the longest is %v while the stall goes on", got.Max)
		}
		begin := time.Now()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took > 0 {
			t.Errorf("Close took %v during a stall", took)
		}
		if got := p.Overdue(); got != 0 {
			t.Errorf("overdue is %v after Close", got)
		}
	})
}

func TestReadersHaveWindowsOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{IdlePeriod: 10 * ms}, span{503 * ms, 703 * ms}, span{1503 * ms, 1603 * ms})
		start := p.Snapshot()
		time.Sleep(1001 * ms)
		a := p.Snapshot()
		time.Sleep(1000 * ms)
		b := p.Snapshot()
		for range 2 {
			w := b.Sub(a)
			if w.Elapsed != time.Second || w.Ticks != 100 || w.Missed != 9 || w.Stalls[CauseGC].Count != 1 {
				t.Errorf("window: %v, %d ticks, %d missed, %v; want 1s, 100, 9, one stall", w.Elapsed, w.Ticks, w.Missed, w.Stalls)
			}
			if w.Max < 93*ms || w.Max > 93*ms*1045/1000 {
				t.Errorf("the longest of the window is %v, want 93ms to 4.5 %% more", w.Max)
			}
			if w := b.Sub(start); w.Max < 193*ms || w.Stalls[CauseGC].Count != 2 {
				t.Errorf("the other reader sees %v and %v", w.Max, w.Stalls)
			}
		}
		if w := a.Sub(b); w.Ticks != 0 || w.Missed != 0 || w.StallSeconds != 0 || w.Quantile(1) != 0 {
			t.Errorf("the wrong way round there are %d ticks, %v s of stalls up to %v", w.Ticks, w.StallSeconds, w.Max)
		}
	})
}

func TestEndOfContextIsClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(t, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		if err := p.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if err := p.Start(ctx); err == nil || !strings.Contains(err.Error(), "already started") {
			t.Errorf("second Start: %v", err)
		}
		time.Sleep(time.Second)
		if got := p.Snapshot(); got.Ticks == 0 || got.Mode != Timer {
			t.Errorf("%d ticks with %v after a second Start, want some with the first one's timer", got.Ticks, got.Mode)
		}
		cancel()
		synctest.Wait()
		ticks := p.Snapshot().Ticks
		time.Sleep(time.Minute)
		if got := p.Snapshot().Ticks; got != ticks {
			t.Errorf("it ticks after the end of the context")
		}
		if !errors.Is(p.idle(), errEnded) {
			t.Errorf("it says %v", p.idle())
		}
	})
}
