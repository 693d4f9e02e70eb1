package leakguard

import (
	"context"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

// traitor is a signal of which one method is broken.
type traitor struct {
	figure
	breaks string
	how    func()
}

func (s traitor) at(method string) {
	if s.breaks == method {
		s.how()
	}
}

func (s traitor) Name() string                            { s.at("Name"); return s.figure.Name() }
func (s traitor) Unit() string                            { s.at("Unit"); return s.figure.Unit() }
func (s traitor) Floor() float64                          { s.at("Floor"); return 10 }
func (s traitor) ExpectCache() float64                    { s.at("ExpectCache"); return 0 }
func (s traitor) Culprits(n int) []finding.Culprit        { s.at("Culprits"); return s.figure.Culprits(n) }
func (s traitor) Read(c context.Context) (Reading, error) { s.at("Read"); return s.figure.Read(c) }

// judge is a traitor that judges by itself.
type judge struct{ traitor }

func (s judge) Findings() []finding.Finding { s.at("Findings"); return nil }

func boom() { panic("boom") }

func TestValuesThatCannotBe(t *testing.T) {
	for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 1e300} {
		inBubble(t, DetectorConfig{}, func(t *testing.T, d *Detector) {
			_ = d.Watch(constant("series", value))
			time.Sleep(time.Minute)
			if f := about(t, d, "series"); f.State != finding.Unknown || !strings.Contains(f.Summary, "Read returned the value") {
				t.Errorf("%v is reported as %+v", value, f)
			}
		})
	}
}

func TestLoadAndLimitThatCannotBeAreNotKnown(t *testing.T) {
	for _, wrong := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1} {
		inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
			leak := growing("heap", 1<<20)
			_ = d.Watch(figure{name: "heap", read: func(ctx context.Context) (Reading, error) {
				reading, err := leak.read(ctx)
				reading.Load, reading.Limit = wrong, wrong
				return reading, err
			}})
			time.Sleep(90 * time.Second)
			mustBe(t, d, Leaking)
			if f := about(t, d, "heap"); strings.Contains(f.Summary, "limit") {
				t.Errorf("limit %v: %s", wrong, f.Summary)
			}
		})
	}
}

func TestMethodsThatPanicAtWatchAreWrongUse(t *testing.T) {
	for _, method := range []string{"Name", "Unit", "Floor", "ExpectCache"} {
		inBubble(t, DetectorConfig{}, func(t *testing.T, d *Detector) {
			err := d.Watch(traitor{constant("series", 1), method, boom})
			if err == nil || !strings.Contains(err.Error(), "leakguard.traitor panicked") || !strings.Contains(err.Error(), "boom") {
				t.Errorf("%s panics: error is %v", method, err)
			}
		})
	}
	inBubble(t, DetectorConfig{}, func(t *testing.T, d *Detector) {
		if err := d.Watch((*Goroutines)(nil), (*traitor)(nil)); err == nil {
			t.Error("a nil pointer is accepted")
		}
	})
}

// Whatever one signal does, the others are judged, and whoever asks for findings
// or figures is not held up.
func TestBrokenSignalsHarmNobodyElse(t *testing.T) {
	inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
		hang := make(chan struct{})
		_ = d.Watch(
			growing("heap", 1<<20),
			traitor{growing("panics", 1<<20), "Read", boom},
			traitor{growing("hangs", 1<<20), "Read", func() { <-hang }},
			traitor{growing("exits", 1<<20), "Read", runtime.Goexit},
			traitor{growing("blames", 1<<20), "Culprits", boom},
			traitor{growing("ponders", 1<<20), "Culprits", func() { <-hang }},
			judge{traitor{growing("judges", 1<<20), "Findings", boom}},
			judge{traitor{growing("waits", 1<<20), "Findings", func() { <-hang }}},
		)
		time.Sleep(90 * time.Second)
		mustBe(t, d, Leaking)
		before := time.Now()
		for signal, words := range map[string]string{
			"panics": "Read panicked: boom", "hangs": "not returned", "exits": "not returned",
			"ponders": "not returned", "judges": "Findings panicked: boom", "waits": "not returned",
		} {
			if f := about(t, d, signal); f.State != finding.Unknown || !strings.Contains(f.Summary, words) {
				t.Errorf("%s is reported as %v: %s", signal, f.State, f.Summary)
			}
		}
		if f := about(t, d, "blames"); f.State != Leaking || len(f.Culprits) > 0 {
			t.Errorf("a signal whose Culprits panics is reported as %+v", f)
		}
		collect(d)
		if waited := time.Since(before); waited > 0 {
			t.Errorf("findings and figures took %v", waited)
		}
		close(hang)
	})
}

// A report must not do the work of a reading.
func TestFindingsAskNobody(t *testing.T) {
	var asked atomic.Int32
	inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
		leak := growing("heap", 1<<20)
		leak.culprits = []finding.Culprit{{Name: "a"}, {Name: "b"}}
		_ = d.Watch(traitor{leak, "Culprits", func() { asked.Add(1) }})
		time.Sleep(90 * time.Second)
		before := asked.Load()
		for range 100 {
			if f := about(t, d, "heap"); len(f.Culprits) != 2 {
				t.Fatalf("culprits are %+v", f.Culprits)
			}
		}
		if before == 0 || asked.Load() != before || before > 91 {
			t.Errorf("culprits were asked for %d times in 90s, and %d times by reports", before, asked.Load()-before)
		}
	})
}

// stateAfter90s is what is said of a signal that has grown by 90 MiB.
func stateAfter90s(t *testing.T, signal func() Signal) (s State) {
	t.Helper()
	inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
		_ = d.Watch(signal())
		time.Sleep(90 * time.Second)
		s = about(t, d, "heap").State
	})
	return s
}

func TestFloorOfASignalDecidesWhatIsWorthAWord(t *testing.T) {
	above := func(floor float64) func() Signal {
		return func() Signal { return floored{growing("heap", 1<<20), floor} }
	}
	if s := stateAfter90s(t, above(1<<30)); s != OK {
		t.Errorf("90 MiB below a floor of a GiB are called %v", s)
	}
	if s := stateAfter90s(t, above(1<<20)); s != Leaking {
		t.Errorf("90 MiB above a floor of a MiB are called %v", s)
	}
	d := newDetector(t, DetectorConfig{})
	if err := d.Watch(floored{constant("a", 1), math.NaN()}); err == nil || !strings.Contains(err.Error(), "floor NaN") {
		t.Errorf("a floor that is no number: error is %v", err)
	}
}

type floored struct {
	figure
	floor float64
}

func (f floored) Floor() float64 { return f.floor }

// The same growth is a leak, or a cache that fills.
func TestExpectedCachesMayFill(t *testing.T) {
	with := func(cache float64) func() Signal {
		return func() Signal { return filling{growing("heap", 1<<20), cache} }
	}
	if s := stateAfter90s(t, with(1<<30)); s == Leaking || s == Suspect {
		t.Errorf("90 MiB of a cache of a GiB are called %v", s)
	}
	if s := stateAfter90s(t, with(1<<20)); s != Leaking {
		t.Errorf("90 MiB beyond a cache of a MiB are called %v", s)
	}
	d := newDetector(t, DetectorConfig{})
	if err := d.Watch(filling{constant("a", 1), -1}); err == nil || !strings.Contains(err.Error(), "cache of -1") {
		t.Errorf("a cache of less than nothing: error is %v", err)
	}
}

type filling struct {
	figure
	cache float64
}

func (f filling) ExpectCache() float64 { return f.cache }
