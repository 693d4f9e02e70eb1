package leakguard

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

func TestCloseNamesTheSignalThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		d := newDetector(t, DetectorConfig{})
		_ = d.Watch(figure{name: "series", read: func(context.Context) (Reading, error) {
			<-release // ignores its context
			return Reading{}, nil
		}})
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if f := about(t, d, "series"); f.State != finding.Unknown || !strings.Contains(f.Summary, "not returned") {
			t.Errorf("a signal that hangs is reported as %+v", f)
		}
		if err := d.Close(); err == nil || !strings.Contains(err.Error(), "series") {
			t.Errorf("Close: error is %v, want one that names the signal", err)
		}
		close(release)
	})
}

func TestSignalsThatCannotBeRead(t *testing.T) {
	cases := map[string]func(context.Context) (Reading, error){
		"connection refused": func(context.Context) (Reading, error) { return Reading{}, errors.New("connection refused") },
		"panicked: boom":     func(context.Context) (Reading, error) { panic("boom") },
		"NaN":                func(context.Context) (Reading, error) { return Reading{Value: math.NaN()}, nil },
		"+Inf":               func(context.Context) (Reading, error) { return Reading{Value: math.Inf(1)}, nil },
		"deadline exceeded":  func(ctx context.Context) (Reading, error) { <-ctx.Done(); return Reading{}, ctx.Err() },
	}
	for words, read := range cases {
		t.Run(words, func(t *testing.T) {
			inBubble(t, DetectorConfig{}, func(t *testing.T, d *Detector) {
				_ = d.Watch(figure{name: "series", read: read})
				time.Sleep(30 * time.Second)
				f := about(t, d, "series")
				if f.State != finding.Unknown || !strings.Contains(f.Summary, words) || f.Advice == "" {
					t.Errorf("finding is %+v, want unknown, %q and advice", f, words)
				}
				got := collect(d)
				if _, there := got["signal.value series"]; there {
					t.Error("a signal that was never read has a value")
				}
				if got["signal.failures series"] < 1 {
					t.Error("the failed reads are not counted")
				}
			})
		})
	}
}

func TestSignalThatRecovers(t *testing.T) {
	inBubble(t, DetectorConfig{}, func(t *testing.T, d *Detector) {
		start := time.Now()
		_ = d.Watch(figure{name: "series", read: func(context.Context) (Reading, error) {
			if time.Since(start) < 30*time.Second {
				return Reading{}, errors.New("refused")
			}
			return Reading{Value: 7}, nil
		}})
		time.Sleep(time.Minute)
		if f := about(t, d, "series"); f.State == finding.Unknown {
			t.Errorf("the signal is well again, the finding is %+v", f)
		}
	})
}

func TestWrongWatchIsAnErrorAndAFinding(t *testing.T) {
	inBubble(t, DetectorConfig{}, func(t *testing.T, d *Detector) {
		err := d.Watch(nil, constant("", 1), constant("twice", 1), constant("twice", 1), constant(strings.Repeat("x", 65), 1), constant("bad\xff", 1),
			constant("two words", 1), constant("two\nlines", 1), constant("\x1b[31mred", 1))
		if err == nil || !strings.Contains(err.Error(), `"twice" is watched already`) {
			t.Errorf("error is %v", err)
		}
		misuses := 0
		for _, f := range d.Findings() {
			if f.Cause == "misuse" {
				misuses++
			}
		}
		if misuses != 8 {
			t.Errorf("8 wrong signals make %d findings: %+v", misuses, d.Findings())
		}
	})
}

func TestNumberOfSignalsIsBounded(t *testing.T) {
	inBubble(t, DetectorConfig{}, func(t *testing.T, d *Detector) {
		for i := range 100 {
			_ = d.Watch(constant(strings.Repeat("x", 1+i%64)+string(rune('a'+i/64)), 1))
		}
		dump := make([]byte, 1<<20)
		dump = dump[:runtime.Stack(dump, true)]
		if n := strings.Count(string(dump), "(*Loop).run("); n > MaxSignals+2 {
			t.Errorf("%d goroutines for 100 signals, want at most %d", n, MaxSignals+2)
		}
	})
}
