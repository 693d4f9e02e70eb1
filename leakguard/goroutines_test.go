package leakguard

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/stacks"
)

var (
	_ Signal         = (*Goroutines)(nil)
	_ Blamer         = (*Goroutines)(nil)
	_ Measured       = (*Goroutines)(nil)
	_ finding.Source = (*Goroutines)(nil)
)

// stepper drives a detector on this process with a clock of its own, one
// Resolution per step.
type stepper struct {
	*Goroutines
	at time.Time
}

func newStepper(t *testing.T) *stepper {
	t.Helper()
	return &stepper{
		newGoroutines(GoroutinesConfig{Resolution: 100 * time.Millisecond, PauseBudget: time.Minute}, &patient{}),
		time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// patient is this process, where profiles are never put off: the machine that
// tests run on may be busy.
type patient struct{ runtimeSource }

func (p *patient) profile(count func(stacks.Site, int)) (time.Duration, bool) {
	_, ok := p.runtimeSource.profile(count)
	return 0, ok
}

// run takes steps until until reports true, and returns how many it took.
func (s *stepper) run(most int, between func(step int), until func() bool) int {
	for step := range most {
		between(step)
		s.at = s.at.Add(s.config.Resolution)
		s.Step(s.at)
		if until() {
			return step + 1
		}
	}
	return most
}

func (s *stepper) has(site string, state State) bool {
	return slices.ContainsFunc(s.Verdicts(), func(v SiteVerdict) bool {
		return strings.HasSuffix(v.Site, site) && v.State == state
	})
}

// refresh is a periodic task with a bug: each run leaves a goroutine behind.
func refresh(stop chan struct{}) {
	go waitForResult(stop)
}

func waitForResult(stop chan struct{}) { <-stop }

// TestTaskThatLeavesGoroutines runs such a task beside a healthy pool.
func TestTaskThatLeavesGoroutines(t *testing.T) {
	stop, jobs := make(chan struct{}), make(chan func())
	defer close(stop)
	defer close(jobs)
	for range 40 {
		go func() {
			for job := range jobs {
				job()
			}
		}()
	}
	s := newStepper(t)
	var suspectAfter int
	leakingAfter := s.run(900, func(step int) {
		refresh(stop)
		var wg sync.WaitGroup
		for range step % 7 {
			wg.Add(1)
			jobs <- wg.Done
			wg.Go(func() {})
		}
		wg.Wait()
	}, func() bool {
		if suspectAfter == 0 && s.has(".waitForResult", Suspect) {
			suspectAfter = s.steps()
		}
		return s.has(".waitForResult", Leaking)
	})
	if suspectAfter == 0 || suspectAfter > 450 || leakingAfter >= 900 {
		t.Fatalf("suspect after %d steps, leaking after %d; want 450 and 900 at most", suspectAfter, leakingAfter)
	}
	if len(s.Verdicts()) != 1 {
		t.Errorf("the pool was blamed too: %v", s.Verdicts())
	}
	v := s.Verdicts()[0]
	_, file, line, _ := runtime.Caller(0)
	if want := fmt.Sprintf("leakguard.refresh at %s:", file); !strings.Contains(v.CreatedBy, want) || line == 0 {
		t.Errorf("created by %q, want %q", v.CreatedBy, want)
	}
	if v.Count < leakingAfter*9/10 || v.Count > leakingAfter+5 {
		t.Errorf("count is %d after %d runs of the task", v.Count, leakingAfter)
	}
	if perHour := 36_000.0; v.PerHour < 0.9*perHour || v.PerHour > 1.1*perHour {
		t.Errorf("%.0f per hour, want %.0f", v.PerHour, perHour)
	}
	if v.Wait != "chan receive" || !strings.Contains(v.Stack, "waitForResult") || len(v.Why) < 2 || v.Stuck || v.LeakRatio <= 0 || v.LeakRatio > 1 {
		t.Errorf("%+v", v)
	}
	f := s.Findings()
	if len(f) != 1 || f[0].State != Leaking || f[0].Culprits[0].File != file || f[0].Culprits[0].Share != 1 {
		t.Errorf("findings are %+v", f)
	}
}

// steps returns how many Resolutions the clock has gone.
func (s *stepper) steps() int {
	return int(s.at.Sub(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) / s.config.Resolution)
}

func TestFixedLeakIsTakenBack(t *testing.T) {
	stop := make(chan struct{})
	s := newStepper(t)
	s.run(900, func(int) { refresh(stop) }, func() bool { return s.has(".waitForResult", Suspect) })
	if !s.has(".waitForResult", Suspect) {
		t.Fatal("not found")
	}
	close(stop)
	n := s.run(100, func(int) { time.Sleep(time.Millisecond); go func() {}() }, func() bool { return len(s.Verdicts()) == 0 })
	if n == 100 {
		t.Errorf("%v stays after the goroutines have gone", s.Verdicts())
	}
}

func TestGoroutinesOfGoAreNamedByTheirFunction(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	s := newStepper(t)
	s.run(450, func(int) {
		Go(t.Context(), "named", func(context.Context) { waitForResult(stop) })
	}, func() bool { return len(s.Verdicts()) > 0 })
	if len(s.Verdicts()) != 1 || !strings.Contains(s.Verdicts()[0].Site, "TestGoroutinesOfGoAreNamedByTheirFunction") {
		t.Errorf("verdicts are %v", s.Verdicts())
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, c := range []GoroutinesConfig{{Resolution: 1}, {Resolution: 2 * time.Hour}, {Resolution: -1}, {PauseBudget: -1}} {
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), "GoroutinesConfig.") || !strings.Contains(err.Error(), "use ") {
			t.Errorf("%+v: %v", c, err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v is accepted", c)
				}
			}()
			NewGoroutines(c)
		}()
	}
	if err := (GoroutinesConfig{}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestSignalReadsTheProcess(t *testing.T) {
	g := NewGoroutines(GoroutinesConfig{})
	first, err := g.Read(t.Context())
	if err != nil || !math.IsNaN(first.Load) {
		t.Errorf("%+v, %v: the load is not known at first", first, err)
	}
	start := time.Now()
	stop := make(chan struct{})
	defer close(stop)
	for range 1000 {
		go func() { <-stop }()
	}
	second, _ := g.Read(t.Context())
	if n := float64(runtime.NumGoroutine()); math.Abs(second.Value-n) > 50 { // some of other tests are on their way out
		t.Errorf("value is %v of %v goroutines", second.Value, n)
	}
	if most := 1100 / time.Since(start).Seconds(); second.Load < most/100 {
		t.Errorf("load is %v, about %v were started per second", second.Load, most)
	}
	if g.Name() != "goroutines" || g.Unit() != "{goroutine}" || g.Culprits(3) != nil || g.Findings() != nil {
		t.Error("a young detector accuses")
	}
}

func TestProofSettlesIt(t *testing.T) {
	p := &provable{simProcess: *newSim(1)}
	leak := p.add(&simSite{name: simName("leak"), runs: simForEver})
	g := newGoroutines(GoroutinesConfig{PauseBudget: 30 * time.Millisecond}, p)
	for minute := range 240 {
		p.advance(float64(minute), 10)
		p.spawn(leak, 1)
		g.Step(time.Unix(int64(minute)*60, 0))
	}
	if v := g.Verdicts(); len(v) != 1 || !v[0].Proven || v[0].State != Leaking {
		t.Errorf("%+v", v)
	}
}

// TestRealProof needs GOEXPERIMENT=goroutineleakprofile.
func TestRealProof(t *testing.T) {
	if !stacks.CanProve() {
		t.Skip("built without the goroutine leak profile")
	}
	s := newStepper(t)
	s.run(450, func(int) { refresh(make(chan struct{})) }, func() bool { return len(s.Verdicts()) > 0 })
	if v := s.Verdicts(); len(v) != 1 || !v[0].Proven || v[0].State != Leaking {
		t.Errorf("%+v", v)
	}
}

type provable struct{ simProcess }

func (p *provable) canProve() bool { return true }

func (p *provable) proven() map[stacks.Site]int {
	return map[stacks.Site]int{simName("leak"): p.sites[0].count()}
}

// TestTimeMayDoAnything steps with times that repeat, go back and jump.
func TestTimeMayDoAnything(t *testing.T) {
	p := newSim(1)
	p.add(&simSite{name: simName("handler"), size: func(float64) float64 { return 30 }})
	g := newGoroutines(GoroutinesConfig{}, p)
	at := time.Unix(0, 0)
	for i := range 500 {
		p.advance(float64(i), 10)
		at = at.Add([]time.Duration{time.Minute, 0, -time.Hour, 1, 100 * time.Hour, -100 * time.Hour}[i%6])
		g.Step(at)
	}
	g.Step(time.Time{})
	if v := g.Verdicts(); len(v) > 0 {
		t.Errorf("%v", v)
	}
}

func TestStepsAndReadersAtOnce(t *testing.T) {
	g := NewGoroutines(GoroutinesConfig{Resolution: time.Millisecond})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				_, _ = g.Read(t.Context())
				_, _, _ = g.Verdicts(), g.Findings(), g.Culprits(1)
			}
		})
	}
	wg.Wait()
}
