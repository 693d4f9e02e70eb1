package vitals

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/leakguard"
	"github.com/govitals/govitals/metric"
)

// signal is a leakguard.Signal made of functions.
type signal struct {
	name string
	read func(context.Context) (leakguard.Reading, error)
}

func (s signal) Name() string                                        { return s.name }
func (s signal) Read(ctx context.Context) (leakguard.Reading, error) { return s.read(ctx) }

// constant is a signal that always reads the same.
func constant(name string, value float64) signal {
	return signal{name, func(context.Context) (leakguard.Reading, error) {
		return leakguard.Reading{Value: value}, nil
	}}
}

// leak is a signal that grows by 10 each second.
func leak(name string) signal {
	start := time.Now()
	return signal{name, func(context.Context) (leakguard.Reading, error) {
		return leakguard.Reading{Value: 1000 + 10*math.Trunc(time.Since(start).Seconds()), Load: math.NaN()}, nil
	}}
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// newVitals starts a Vitals that ends with the test.
func newVitals(t *testing.T, config Config) *Vitals {
	t.Helper()
	config.Logger = quiet
	v, err := Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// inBubble starts a Vitals, runs check and closes it, on a fake clock.
func inBubble(t *testing.T, config Config, check func(t *testing.T, v *Vitals)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		config.Logger = quiet
		v, err := Start(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		}()
		check(t, v)
	})
}

// about returns the worst finding about a signal.
func about(t *testing.T, report Report, signal string) finding.Finding {
	t.Helper()
	for _, f := range report.Findings {
		if f.Signal == signal {
			return f
		}
	}
	t.Fatalf("the report says nothing about %s: %+v", signal, report)
	return finding.Finding{}
}

func TestConfigErrorsNameTheField(t *testing.T) {
	cases := []struct {
		config Config
		words  []string
	}{
		{Config{Resolution: time.Nanosecond}, []string{"Resolution", "1ns"}},
		{Config{Resolution: -time.Second}, []string{"Resolution", "-1s"}},
		{Config{Resolution: 48 * time.Hour}, []string{"Resolution", "48h"}},
		{Config{ExpectCache: -1}, []string{"ExpectCache", "-1"}},
		{Config{Signals: []leakguard.Signal{constant("a", 1), nil}}, []string{"Signals[1]", "nil"}},
		{Config{Token: "short"}, []string{"Token", "16"}},
		{Config{Token: strings.Repeat("x", 32), Authorize: func(*http.Request) error { return nil }}, []string{"Token", "Authorize"}},
	}
	for _, c := range cases {
		v, err := Start(t.Context(), c.config)
		if err == nil {
			t.Errorf("%+v is accepted", c.config)
			_ = v.Close()
			continue
		}
		for _, word := range c.words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("error %q does not say %q", err, word)
			}
		}
		if strings.Contains(err.Error(), "short") && c.config.Token == "short" {
			t.Errorf("error %q shows the token", err)
		}
	}
}

func TestCloseOfNilAndZero(t *testing.T) {
	if err := (*Vitals)(nil).Close(); err != nil {
		t.Error(err)
	}
	if err := new(Vitals).Close(); err != nil {
		t.Error(err)
	}
}

func TestNothingIsLeftAfterTheEndOfTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		v, err := Start(ctx, Config{Logger: quiet, Signals: []leakguard.Signal{constant("series", 5)}})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		cancel()
		synctest.Wait()
		if left := stacksWith("internal/loop.(*Loop).run"); left != "" {
			t.Errorf("goroutines are left:\n%s", left)
		}
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		if f := about(t, v.Report(), "series"); !strings.Contains(f.Summary, "5") {
			t.Errorf("after Close the report has lost what was seen: %+v", f)
		}
	})
}

// stacksWith returns the goroutines of bubbles whose stack contains a text.
func stacksWith(text string) string {
	dump := make([]byte, 1<<20)
	dump = dump[:runtime.Stack(dump, true)]
	var found []string
	for stack := range strings.SplitSeq(string(dump), "\n\n") {
		if strings.Contains(stack, "synctest bubble") && strings.Contains(stack, text) {
			found = append(found, stack)
		}
	}
	return strings.Join(found, "\n\n")
}

func TestLeakIsNamedWithItsCulprit(t *testing.T) {
	inBubble(t, Config{Resolution: 100 * time.Millisecond}, func(t *testing.T, v *Vitals) {
		v.Watch(signal{"sessions", limited(leak("sessions").read, 5000)})
		time.Sleep(100 * time.Second)
		report := v.Report()
		if report.State != finding.Leaking || !strings.HasPrefix(report.Summary, "LEAK. Sessions grows 600/min") {
			t.Errorf("the report is %v: %s", report.State, report.Summary)
		}
		if !strings.Contains(report.Summary, "the limit of 5,000 is reached") {
			t.Errorf("the report does not say when it ends: %s", report.Summary)
		}
		if markdown := report.Markdown(); !strings.Contains(markdown, "| sessions | leak |") {
			t.Errorf("the Markdown form is\n%s", markdown)
		}
	})
}

func TestVerdictIsHeardAndCaptured(t *testing.T) {
	dir := t.TempDir()
	heard := make(chan finding.Finding, 100)
	config := Config{Resolution: 100 * time.Millisecond, CaptureDir: dir, OnVerdict: func(_ context.Context, f finding.Finding) {
		select {
		case heard <- f:
		default:
		}
	}}
	inBubble(t, config, func(t *testing.T, v *Vitals) {
		v.Watch(leak("sessions"))
		time.Sleep(100 * time.Second)
	})
	close(heard)
	last := finding.Unknown
	for f := range heard {
		if f.Signal == "sessions" {
			last = f.State
		}
	}
	if last != finding.Leaking {
		t.Errorf("the last state heard of is %v, want leak", last)
	}
	captures, err := filepath.Glob(filepath.Join(dir, "*.pb.gz"))
	if err != nil || len(captures) == 0 {
		t.Errorf("nothing was captured at the verdict: %v", err)
	}
}

func TestMisuseIsReportedAndHarmless(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		v.Watch(nil, constant("", 1), constant("heap", 1), constant(strings.Repeat("x", 65), 1), constant("bad\xff", 1))
		v.Add(nil)
		setup := 0
		for _, f := range v.Report().Findings {
			if f.Cause == "misuse" {
				setup++
			}
		}
		if setup != 6 {
			t.Errorf("6 wrong calls make %d findings: %+v", setup, v.Report().Findings)
		}
	})
}

func TestWatchAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, err := Start(t.Context(), Config{Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		_ = v.Close()
		v.Watch(constant("late", 1))
		if !strings.Contains(v.Report().String(), "late") {
			t.Error("the report does not say that a signal came after Close")
		}
	})
}

// part is a finding.Source and a metric.Source.
type part struct{ findings func() []finding.Finding }

var descPart = metric.Desc{Name: "part.things", Unit: "{thing}", Help: "h", Action: "a"}

func (p part) Findings() []finding.Finding    { return p.findings() }
func (part) Describe() []metric.Desc          { return []metric.Desc{descPart} }
func (part) Collect(emit func(metric.Sample)) { emit(metric.Sample{Desc: descPart, Value: 3}) }

// collect returns what v emits, by metric name and label values.
func collect(v *Vitals) map[string]float64 {
	got := map[string]float64{}
	v.Collect(func(s metric.Sample) {
		got[strings.Join(append([]string{s.Desc.Name}, s.LabelValues...), " ")] = s.Value
	})
	return got
}

// broken is a part whose figures cannot be had.
type broken struct{ part }

func (broken) Collect(func(metric.Sample)) { panic("nil map") }

func TestPartWhoseCollectPanicsCostsOnlyItsOwnFigures(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		healthy := part{func() []finding.Finding { return nil }}
		v.Add(broken{healthy}, healthy)
		for range 3 {
			if got := collect(v)["part.things"]; got != 3 {
				t.Errorf("the part after the broken one reports %v, want 3", got)
			}
		}
		if n := strings.Count(v.Report().String(), "vitals.broken panicked: nil map"); n != 2 {
			t.Errorf("three panics are said %d times, want once in the verdict line and once as a finding:\n%s", n, v.Report())
		}
	})
}

func TestEveryMetricIsDeclaredAndValid(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		v.Add(part{func() []finding.Finding { return nil }})
		time.Sleep(time.Minute)
		declared := map[string]bool{}
		for _, desc := range v.Describe() {
			declared[desc.Name] = true
		}
		v.Collect(func(s metric.Sample) {
			if err := s.Validate(); err != nil {
				t.Error(err)
			}
			if !declared[s.Desc.Name] {
				t.Errorf("%s is emitted and not declared", s.Desc.Name)
			}
		})
	})
}

func TestEverythingAtOnce(t *testing.T) {
	v, err := Start(t.Context(), Config{Resolution: minResolution, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for j := range 50 {
				v.Watch(constant(string(rune('a'+i))+string(rune('a'+j%26)), 1))
				v.Add(part{func() []finding.Finding { return nil }})
				_ = v.Report()
				collect(v)
			}
		})
	}
	group.Go(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	group.Wait()
	if err := v.Close(); err != nil {
		t.Error(err)
	}
}
