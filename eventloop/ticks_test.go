package eventloop

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

func TestABubbleGetsATimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(t, Config{})
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		time.Sleep(time.Minute)
		s := p.Snapshot()
		if s.Mode != Timer || s.Count() < 5900 || s.Count() > 6000 || s.Max > ms {
			t.Errorf("in a minute of %v it counted %d up to %v, want 6000 with a timer, none late", s.Mode, s.Count(), s.Max)
		}
		if how := strings.Join(p.Findings()[0].How, "\n"); !strings.Contains(how, errBubble.Error()) {
			t.Errorf("why there is no timerfd is not said: %s", how)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(t, Config{Mode: Netpoll})
		if err := p.Start(t.Context()); !errors.Is(err, errBubble) || !strings.Contains(err.Error(), "use Auto or Timer") {
			t.Errorf("Start in a bubble with Netpoll: %v", err)
		}
	})
}

func TestModeThatCannotBe(t *testing.T) {
	if runtime.GOOS == "linux" {
		t.Skip("Linux has both")
	}
	if err := newProbe(t, Config{Mode: Netpoll}).Start(t.Context()); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Start with Netpoll: %v", err)
	}
}

// Both sources must tick for real, be told apart from user goroutines by the root
// of their stacks, and stop at once with the next tick far away.
func TestRealTicks(t *testing.T) {
	for _, mode := range []Mode{Auto, Timer} {
		t.Run(mode.String(), func(t *testing.T) {
			p := newProbe(t, Config{Mode: mode, Period: ms})
			if err := p.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			for p.Snapshot().Ticks < 10 {
				runtime.Gosched()
			}
			ours := 0
			for g := range stacks.All(stacks.Dump()) {
				if g.Own() {
					ours++
				} else if strings.Contains(g.Entry().Func, "eventloop.(*Probe)") {
					t.Errorf("a goroutine of ours begins with %s", g.Entry().Func)
				}
			}
			if ours < 2 {
				t.Errorf("%d goroutines are ours, want at least the one that ticks and the one that watches", ours)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCloseIsPrompt(t *testing.T) {
	p := newProbe(t, Config{Period: time.Second, IdlePeriod: time.Minute})
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 800*time.Millisecond {
		t.Errorf("Close took %v with a tick due in a second", took)
	}
}
