package heap

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/conform"
)

// fakeMemory stands in for a Monitor of which a test turns the figures.
type fakeMemory struct {
	mu  sync.Mutex
	now Snapshot
}

// set makes the kernel hold the process to limit and count used.
func (f *fakeMemory) set(used, limit uint64) *fakeMemory {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now.Limits = []Limit{{Bytes: 1, Source: SourceGo}, {Bytes: limit, Source: SourceCgroup, File: "/memory.max"}}
	f.now.Kernel.Room, f.now.Kernel.HasRoom = limit-min(used, limit), true
	return f
}

func (f *fakeMemory) snapshot() Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.now
	s.At = time.Now()
	return s
}

// calls collects what a PressureWatch calls with.
type calls struct {
	mu   sync.Mutex
	seen []Pressure
}

func (c *calls) add(_ context.Context, p Pressure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, p)
}

func (c *calls) thresholds() []float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []float64
	for _, p := range c.seen {
		all = append(all, p.Threshold)
	}
	return all
}

func startPressure(t *testing.T, memory *fakeMemory, config PressureConfig, call func(context.Context, Pressure)) *PressureWatch {
	t.Helper()
	w := newPressureWatch(memoryReader{memory.snapshot}, config, call)
	if err := w.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// pass lets the loops look at what was set.
func pass() {
	time.Sleep(3 * time.Second)
	synctest.Wait()
}

// startable gives a PressureWatch the Start that OnPressure does by itself.
type startable struct{ *PressureWatch }

func (s startable) Start(ctx context.Context) error { return s.start(ctx) }

func TestPressureLifecycle(t *testing.T) {
	conform.Lifecycle(t, startable{&PressureWatch{}}, func() conform.Starter {
		memory := new(fakeMemory).set(95, 100)
		return startable{newPressureWatch(memoryReader{memory.snapshot}, PressureConfig{}, func(context.Context, Pressure) {})}
	})
}

func TestPressureConfig(t *testing.T) {
	for _, c := range []struct {
		config PressureConfig
		words  []string
	}{
		{PressureConfig{At: []float64{0.8, 1.2}}, []string{"At[1]", "1.2"}},
		{PressureConfig{At: []float64{0}}, []string{"At[0]"}},
		{PressureConfig{At: make([]float64, 9)}, []string{"At", "9", "8"}},
		{PressureConfig{At: []float64{0.2}, Release: 0.2}, []string{"At", "0.2", "Release"}},
		{PressureConfig{Release: -1}, []string{"Release", "-1"}},
		{PressureConfig{Drain: -time.Second}, []string{"Drain", "-1s"}},
	} {
		_, err := OnPressure(t.Context(), newMonitor(t), c.config, func(context.Context, Pressure) {})
		for _, word := range c.words {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%+v: error is %v, want one that says %q", c.config, err, word)
			}
		}
	}
	if _, err := OnPressure(t.Context(), nil, PressureConfig{}, func(context.Context, Pressure) {}); err == nil {
		t.Error("no monitor is no error")
	}
	if _, err := OnPressure(t.Context(), newMonitor(t), PressureConfig{}, nil); err == nil {
		t.Error("no function is no error")
	}
}

func TestPressureCallsOncePerThresholdWithHysteresis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, called := new(fakeMemory).set(50, 100), new(calls)
		w := startPressure(t, memory, PressureConfig{}, called.add)
		defer w.Close()
		for _, step := range []struct {
			used uint64
			want []float64
		}{
			{79, nil},
			{80, []float64{0.8}},
			{76, []float64{0.8}}, // not below 0.75
			{81, []float64{0.8}},
			{90, []float64{0.8, 0.9}},
			{86, []float64{0.8, 0.9}},
			{91, []float64{0.8, 0.9}},
			{84, []float64{0.8, 0.9}}, // releases 0.9
			{92, []float64{0.8, 0.9, 0.9}},
			{10, []float64{0.8, 0.9, 0.9}},
			{99, []float64{0.8, 0.9, 0.9, 0.9}}, // both at once: one call, of the higher
			{100, []float64{0.8, 0.9, 0.9, 0.9}},
		} {
			memory.set(step.used, 100)
			pass()
			if got := called.thresholds(); !slices.Equal(got, step.want) {
				t.Fatalf("at %d %% it has called for %v, want %v", step.used, got, step.want)
			}
		}
	})
}

// The whole way with a real Monitor: this process holds more than 1 MiB.
func TestOnPressureWithAMonitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, called := newMonitor(t), new(calls)
		if err := m.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		w, err := OnPressure(t.Context(), m, PressureConfig{Limit: 1 << 20}, called.add)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		pass()
		if got := called.thresholds(); !slices.Equal(got, []float64{0.9}) || called.seen[0].Used < 1<<20 || called.seen[0].Limit != 1<<20 {
			t.Errorf("called with %+v", called.seen)
		}
	})
}

func TestPressureSaysHowMuchAndSinceWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, called := new(fakeMemory).set(320<<20, 400<<20), new(calls)
		w := startPressure(t, memory, PressureConfig{}, called.add)
		defer w.Close()
		pass()
		began := time.Now()
		time.Sleep(time.Hour)
		memory.set(380<<20, 400<<20)
		pass()
		got := called.seen[1]
		if got.Share != 0.95 || got.Used != 380<<20 || got.Limit != 400<<20 || began.Sub(got.Since).Abs() > 3*time.Second {
			t.Errorf("the pressure is %+v, want 380 MiB of 400 MiB since %v", got, began)
		}
		if text := got.String(); !strings.Contains(text, "95 %") || !strings.Contains(text, "380 MiB of 400 MiB") {
			t.Errorf("it reads %q", text)
		}
		if share := values(w)["pressure.share"]; share != 0.95 {
			t.Errorf("the share is exported as %v", share)
		}
	})
}

func TestPressureAgainstTheNearerLimit(t *testing.T) {
	kernel := func(room uint64) Snapshot {
		s := Snapshot{Limits: []Limit{{Bytes: 1000, Source: SourceCgroup}}}
		s.At, s.Held, s.Kernel.RSS, s.Kernel.Room, s.Kernel.HasRoom = time.Unix(1, 0), 200, 300, room, true
		return s
	}
	noKernel, heldOnly := kernel(0), kernel(0)
	noKernel.Limits, noKernel.Kernel.HasRoom = []Limit{{Bytes: 250, Source: SourceGo}}, false
	heldOnly.Limits, heldOnly.Kernel = nil, Kernel{}
	for _, c := range []struct {
		name  string
		s     Snapshot
		other uint64
		want  memoryUse
		ok    bool
	}{
		{"the kernel's alone", kernel(600), 0, memoryUse{400, 1000}, true},
		{"the other is nearer", kernel(600), 384, memoryUse{300, 384}, true},
		{"the kernel's is nearer, by what else is in the group", kernel(50), 384, memoryUse{950, 1000}, true},
		{"GOMEMLIMIT is not one", noKernel, 0, memoryUse{}, false},
		{"the other alone", noKernel, 384, memoryUse{300, 384}, true},
		{"resident memory is not known", heldOnly, 384, memoryUse{200, 384}, true},
		{"nothing was read yet", Snapshot{}, 384, memoryUse{}, false},
	} {
		if got, ok := c.s.useOf(c.other); ok != c.ok || ok && got != c.want {
			t.Errorf("%s: %+v, %v, want %+v, %v", c.name, got, ok, c.want, c.ok)
		}
	}
}

func TestPressureSaysThatItIsBlind(t *testing.T) {
	cause := func(m *Monitor, config PressureConfig) string {
		var causes []string
		for _, f := range newPressureWatch(readerOf(m), config, nil).Findings() {
			causes = append(causes, f.Cause)
		}
		return strings.Join(causes, " ")
	}
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t)
		if got := cause(m, PressureConfig{}); got != "monitor" {
			t.Errorf("with a Monitor that was not started: %q", got)
		}
		if err := m.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := cause(m, PressureConfig{}); got != "no_limit" {
			t.Errorf("without a limit: %q", got)
		}
		if said := newPressureWatch(readerOf(m), PressureConfig{}, nil).Findings()[0].Summary; !strings.Contains(said, "is known") {
			t.Errorf("a limit that could not be read is said not to exist: %s", said) // findings of the Monitor say why
		}
		if got := cause(m, PressureConfig{Limit: 1 << 30}); got != "" {
			t.Errorf("with a limit of its own: %q", got)
		}
		_ = m.Close()
		time.Sleep(time.Hour)
		if got := cause(m, PressureConfig{Limit: 1 << 30}); got != "monitor" {
			t.Errorf("an hour after the Monitor was closed: %q", got)
		}
	})
}

func TestPressureMetricsAreValid(t *testing.T) {
	for _, desc := range append(new(PressureWatch).Describe(), new(Recorder).Describe()...) {
		if err := desc.Validate(); err != nil {
			t.Error(err)
		}
	}
}
