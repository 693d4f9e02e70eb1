package vitals

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
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

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

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

func TestCloseNamesTheSignalThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		stuck := signal{"series", func(context.Context) (leakguard.Reading, error) {
			<-release // ignores its context
			return leakguard.Reading{}, nil
		}}
		v, err := Start(t.Context(), Config{Logger: quiet, Signals: []leakguard.Signal{stuck}})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if f := about(t, v.Report(), "series"); f.State != finding.Unknown || !strings.Contains(f.Summary, "not returned") {
			t.Errorf("a signal that hangs is reported as %+v", f)
		}
		if err := v.Close(); err == nil || !strings.Contains(err.Error(), "series") {
			t.Errorf("Close: error is %v, want one that names the signal", err)
		}
		close(release)
	})
}

func TestSignalsThatCannotBeRead(t *testing.T) {
	type reading = leakguard.Reading
	cases := map[string]func(context.Context) (reading, error){
		"connection refused": func(context.Context) (reading, error) { return reading{}, errors.New("connection refused") },
		"panicked: boom":     func(context.Context) (reading, error) { panic("boom") },
		"NaN":                func(context.Context) (reading, error) { return reading{Value: math.NaN()}, nil },
		"+Inf":               func(context.Context) (reading, error) { return reading{Value: math.Inf(1)}, nil },
		"deadline exceeded":  func(ctx context.Context) (reading, error) { <-ctx.Done(); return reading{}, ctx.Err() },
	}
	for words, read := range cases {
		t.Run(words, func(t *testing.T) {
			inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
				v.Watch(signal{"series", read})
				time.Sleep(30 * time.Second)
				report := v.Report()
				f := about(t, report, "series")
				if f.State != finding.Unknown || !strings.Contains(f.Summary, words) || f.Advice == "" {
					t.Errorf("finding is %+v, want unknown, %q and advice", f, words)
				}
				if report.State != finding.Unknown {
					t.Errorf("the report is %v, although a signal cannot be read", report.State)
				}
				got := collect(v)
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
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		var mu sync.Mutex
		broken := true
		v.Watch(signal{"series", func(context.Context) (leakguard.Reading, error) {
			mu.Lock()
			defer mu.Unlock()
			if broken {
				return leakguard.Reading{}, errors.New("refused")
			}
			return leakguard.Reading{Value: 7}, nil
		}})
		time.Sleep(30 * time.Second)
		mu.Lock()
		broken = false
		mu.Unlock()
		time.Sleep(30 * time.Second)
		if f := about(t, v.Report(), "series"); f.State == finding.Unknown {
			t.Errorf("the signal is well again, the finding is %+v", f)
		}
	})
}

func TestGrowthIsSaidInWords(t *testing.T) {
	inBubble(t, Config{Resolution: time.Second}, func(t *testing.T, v *Vitals) {
		start := time.Now()
		v.Watch(signal{"sessions", func(context.Context) (leakguard.Reading, error) {
			return leakguard.Reading{Value: 1000 + math.Trunc(time.Since(start).Seconds()), Limit: 5000}, nil
		}})
		time.Sleep(60*time.Second + 500*time.Millisecond)
		f := about(t, v.Report(), "sessions")
		for _, words := range []string{"Sessions 1,060", "of 5,000", "+60 in", "1m"} {
			if !strings.Contains(f.Summary, words) {
				t.Errorf("%q does not say %q", f.Summary, words)
			}
		}
		if f.State != finding.TooEarly {
			t.Errorf("state is %v; growth must not be judged without a detector", f.State)
		}
	})
}

func TestSameEpochIsOnePoint(t *testing.T) {
	inBubble(t, Config{Resolution: time.Second}, func(t *testing.T, v *Vitals) {
		v.Watch(signal{"live", func(context.Context) (leakguard.Reading, error) {
			return leakguard.Reading{Value: 42, Epoch: 9}, nil
		}})
		time.Sleep(time.Minute)
		if f := about(t, v.Report(), "live"); !strings.HasPrefix(f.How[0], "1 reading ") || strings.Contains(f.Summary, " in ") {
			t.Errorf("one point read 600 times is reported as %+v", f)
		}
	})
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

func TestTooManySignals(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		for i := range 100 {
			v.Watch(constant(strings.Repeat("x", 1+i%64)+string(rune('a'+i/64)), 1))
		}
		if n := strings.Count(stacksWith("internal/loop.(*Loop).run"), "(*Loop).run("); n > maxSignals+1 {
			t.Errorf("%d goroutines for 100 signals, want at most %d", n, maxSignals+1)
		}
		if !strings.Contains(v.Report().String(), "64 already") {
			t.Errorf("the report does not say what was left out:\n%s", v.Report())
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

func TestTheWorstFindingLeads(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		v.Add(part{func() []finding.Finding {
			return []finding.Finding{
				{Signal: "queues", State: finding.OK, Summary: "Queue mail moves."},
				{Signal: "jobs", State: finding.Stopped, Summary: "Job refresh last succeeded 61 days ago.", PerHour: math.NaN()},
			}
		}})
		report := v.Report()
		if report.State != finding.Stopped || !strings.HasPrefix(report.Summary, "STOPPED. Job refresh") {
			t.Errorf("the report is %v: %s", report.State, report.Summary)
		}
		if strings.Contains(report.Summary, "moves") {
			t.Errorf("the verdict line repeats what is well: %s", report.Summary)
		}
		got := collect(v)
		if got["finding.state jobs stopped"] != 1 || got["finding.state queues ok"] != 1 || got["part.things"] != 3 {
			t.Errorf("metrics are %v", got)
		}
	})
}

func TestPartThatPanicsIsNamed(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		v.Add(part{func() []finding.Finding { panic("index out of range") }})
		report := v.Report().String()
		if !strings.Contains(report, "vitals.part") || !strings.Contains(report, "index out of range") {
			t.Errorf("the report does not name the part:\n%s", report)
		}
	})
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
