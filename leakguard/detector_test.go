package leakguard

import (
	"context"
	"io"
	"log/slog"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/conform"
	"github.com/govitals/govitals/metric"
)

// figure is a Signal made of a function.
type figure struct {
	name     string
	read     func(context.Context) (Reading, error)
	culprits []finding.Culprit
}

func (f figure) Name() string                              { return f.name }
func (f figure) Unit() string                              { return "By" }
func (f figure) Read(ctx context.Context) (Reading, error) { return f.read(ctx) }
func (f figure) Culprits(n int) []finding.Culprit          { return f.culprits[:min(n, len(f.culprits))] }

// constant is a signal that always reads the same.
func constant(name string, value float64) figure {
	return figure{name: name, read: func(context.Context) (Reading, error) { return Reading{Value: value}, nil }}
}

// growing is a signal that begins at 100 MiB and grows by the bytes per second.
func growing(name string, perSecond float64) figure {
	start := time.Now()
	return figure{name: name, read: func(context.Context) (Reading, error) {
		return Reading{Value: 100<<20 + perSecond*math.Trunc(time.Since(start).Seconds()), Limit: 1 << 30, Load: math.NaN()}, nil
	}}
}

// collected is live memory that begins at 100 MiB and grows by one in each second, with a
// point for each, until nothing is collected any more.
func collected(until float64, limit func(since time.Duration) float64) figure {
	start := time.Now()
	return figure{name: "heap", read: func(context.Context) (Reading, error) {
		since := time.Since(start)
		second := min(math.Trunc(since.Seconds()), until)
		return Reading{Value: (100 + second) * (1 << 20), Load: math.NaN(), Epoch: uint64(second) + 1, Limit: limit(since)}, nil
	}}
}

func always(limit float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return limit }
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func newDetector(t *testing.T, config DetectorConfig) *Detector {
	t.Helper()
	config.Logger = quiet
	d, err := NewDetector(config)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// inBubble runs a Detector on a fake clock.
func inBubble(t *testing.T, config DetectorConfig, check func(t *testing.T, d *Detector)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := newDetector(t, config)
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}()
		check(t, d)
	})
}

// about returns the finding about a signal.
func about(t *testing.T, d *Detector, signal string) finding.Finding {
	t.Helper()
	for _, f := range d.Findings() {
		if f.Signal == signal {
			return f
		}
	}
	t.Fatalf("nothing is said about %s: %+v", signal, d.Findings())
	return finding.Finding{}
}

func collect(source metric.Source) map[string]float64 {
	got := map[string]float64{}
	source.Collect(func(s metric.Sample) {
		got[strings.Join(append([]string{s.Desc.Name}, s.LabelValues...), " ")] = s.Value
	})
	return got
}

func TestDetectorLifecycle(t *testing.T) {
	conform.Lifecycle(t, new(Detector), func() conform.Starter {
		d := newDetector(t, DetectorConfig{OnVerdict: func(context.Context, finding.Finding) {}})
		_ = d.Watch(constant("a", 1), Threads())
		return d
	})
}

func TestDetectorConfigErrorsNameTheField(t *testing.T) {
	for _, resolution := range []time.Duration{time.Nanosecond, -time.Second, 48 * time.Hour} {
		_, err := NewDetector(DetectorConfig{Resolution: resolution})
		if err == nil || !strings.Contains(err.Error(), "Resolution") || !strings.Contains(err.Error(), resolution.String()) {
			t.Errorf("Resolution %v: error is %v, want one that names the field and the value", resolution, err)
		}
	}
}

// A demonstration has to fit into two minutes.
func TestSteadyLeakIsCalledByItsNameInTime(t *testing.T) {
	inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
		leak := growing("heap", 1<<20)
		leak.culprits = []finding.Culprit{{Name: "cache.(*Store).Put", Share: 0.71}}
		_ = d.Watch(leak, constant("sessions", 100))
		time.Sleep(15 * time.Second)
		mustBe(t, d, Growing)
		time.Sleep(30 * time.Second)
		mustBe(t, d, Suspect)
		time.Sleep(45 * time.Second)
		mustBe(t, d, Leaking)
		f := about(t, d, "heap")
		for _, words := range []string{"Live memory grows 60.0 MiB/min", "does not come back", "limit of 1.00 GiB is reached at", "cache.(*Store).Put, 71 % of the growth"} {
			if !strings.Contains(f.Summary, words) {
				t.Errorf("%q does not say %q", f.Summary, words)
			}
		}
		if f := about(t, d, "sessions"); isGrowth(f.State) {
			t.Errorf("what does not grow is called %v: %s", f.State, f.Summary)
		}
		got := collect(d)
		if perHour := got["signal.growth heap"]; math.Abs(perHour/(3600<<20)-1) > 0.05 {
			t.Errorf("growth is %v per hour, want about 3600 MiB", perHour)
		}
		if left, want := got["signal.time_to_limit heap"], float64(1024-190); math.Abs(left/want-1) > 0.1 {
			t.Errorf("%v s until the limit, want about %v", left, want)
		}
	})
}

// mustBe fails unless the verdict on live memory is at least as bad.
func mustBe(t *testing.T, d *Detector, want State) {
	t.Helper()
	f := about(t, d, "heap")
	if f.State != want && !f.State.Worse(want) {
		t.Errorf("the verdict is %v, want %v: %s\n%s", f.State, want, f.Summary, strings.Join(f.How, "\n"))
	}
}

func TestOnVerdictHearsOfEachChange(t *testing.T) {
	var mu sync.Mutex
	var heard []State
	config := DetectorConfig{Resolution: 100 * time.Millisecond, OnVerdict: func(_ context.Context, f finding.Finding) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, f.State)
	}}
	inBubble(t, config, func(t *testing.T, d *Detector) {
		_ = d.Watch(growing("heap", 1<<20))
		time.Sleep(2 * time.Minute)
	})
	if len(heard) == 0 || heard[len(heard)-1] != Leaking {
		t.Errorf("heard of %v, want Leaking at the end", heard)
	}
	for i := 1; i < len(heard); i++ {
		if heard[i] == heard[i-1] {
			t.Errorf("heard twice in a row of %v: %v", heard[i], heard)
		}
	}
}

func TestRestartDoesNotBlind(t *testing.T) {
	config := DetectorConfig{Resolution: 100 * time.Millisecond, File: filepath.Join(t.TempDir(), "trends.json")}
	synctest.Test(t, func(t *testing.T) {
		for life := range 4 {
			d := newDetector(t, config)
			_ = d.Watch(growing("heap", 1<<20))
			if err := d.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Second)
			if f := about(t, d, "heap"); life == 3 && f.State != Leaking {
				t.Errorf("four lives of 50 s that all leak are called %v: %s", f.State, strings.Join(f.How, "\n"))
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestSameEpochIsOnePoint(t *testing.T) {
	inBubble(t, DetectorConfig{Resolution: time.Second}, func(t *testing.T, d *Detector) {
		_ = d.Watch(figure{name: "live", read: func(context.Context) (Reading, error) {
			return Reading{Value: 42, Epoch: 9}, nil
		}})
		time.Sleep(time.Minute)
		if f := about(t, d, "live"); f.State != TooEarly || strings.Contains(f.Summary, " in ") {
			t.Errorf("one point read 600 times is reported as %+v", f)
		}
	})
}

// selfJudged is a signal that judges growth by itself.
type selfJudged struct {
	figure
	findings []finding.Finding
}

func (s *selfJudged) Findings() []finding.Finding { return s.findings }

func TestSignalMayJudgeByItself(t *testing.T) {
	inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
		calm := &selfJudged{figure: growing("sites", 1<<20)} // its total grows; it knows better
		alarmed := &selfJudged{figure: constant("places", 1), findings: []finding.Finding{{
			Signal: "places", State: Leaking, Summary: "3 goroutines pile up in main.leak.",
		}}}
		_ = d.Watch(calm, alarmed)
		time.Sleep(3 * time.Second)
		if f := about(t, d, "sites"); f.State != TooEarly {
			t.Errorf("after 30 buckets the state is %v, want too early", f.State)
		}
		time.Sleep(time.Minute)
		if f := about(t, d, "sites"); f.State != OK {
			t.Errorf("a signal that finds nothing is called %v", f.State)
		}
		if f := about(t, d, "places"); f.State != Leaking || f.Summary != "3 goroutines pile up in main.leak." {
			t.Errorf("the signal's own finding is replaced by %+v", f)
		}
	})
}

func TestFewKilobytesAreNotWorthAWord(t *testing.T) {
	inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
		start := time.Now()
		_ = d.Watch(figure{name: "heap", read: func(context.Context) (Reading, error) {
			return Reading{Value: 1800<<10 + 600*time.Since(start).Seconds(), Load: math.NaN()}, nil // 36 KiB a minute
		}})
		for range 10 {
			time.Sleep(time.Minute)
			if f := about(t, d, "heap"); isGrowth(f.State) {
				t.Fatalf("after %v the state is %v: %s", time.Since(start), f.State, f.Summary)
			}
		}
	})
}
