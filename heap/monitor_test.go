package heap

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/cgroup"
	"github.com/govitals/govitals/internal/conform"
	"github.com/govitals/govitals/metric"
)

func newMonitor(t *testing.T) *Monitor {
	t.Helper()
	m, err := NewMonitor(MonitorConfig{})
	if err != nil {
		t.Fatal(err)
	}
	m.find = func() (*cgroup.Group, error) { return nil, cgroup.ErrNone }
	return m
}

func TestLifecycle(t *testing.T) {
	conform.Lifecycle(t, &Monitor{}, func() conform.Starter { return newMonitor(t) })
}

func TestConfig(t *testing.T) {
	for _, interval := range []time.Duration{-1, time.Millisecond, time.Hour} {
		_, err := NewMonitor(MonitorConfig{Interval: interval})
		if err == nil || !strings.Contains(err.Error(), "Interval") || !strings.Contains(err.Error(), interval.String()) {
			t.Errorf("Interval %v: error is %v, want one that names the field and the value", interval, err)
		}
	}
}

// replay returns a reader that gives one state after the other, the last one for
// ever.
func replay(states ...Stats) func(*Stats) {
	next := 0
	return func(s *Stats) {
		*s = states[min(next, len(states)-1)]
		s.At = time.Now()
		next++
	}
}

// values collects what a source emits, by metric name and label values.
func values(source metric.Source) map[string]float64 {
	got := map[string]float64{}
	source.Collect(func(s metric.Sample) {
		got[strings.Join(append([]string{s.Desc.Name}, s.LabelValues...), " ")] = s.Value
	})
	return got
}

func TestAbsentUntilKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t)
		m.read = replay(Stats{Objects: 5, Goal: 9}, Stats{Objects: 5, Goal: 9}, Stats{Cycles: 1, Live: 3, Young: 2})
		if got := values(m); len(got) > 0 {
			t.Errorf("before Start it emits %v", got)
		}
		if err := m.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := values(m)
		for _, name := range []string{"heap.live", "heap.young", "heap.cycle_age"} {
			if value, there := got[name]; there {
				t.Errorf("before the first collection %s is %v, want absent", name, value)
			}
		}
		if got["heap.goal"] != 9 {
			t.Errorf("heap.goal is %v, want 9", got["heap.goal"])
		}
		time.Sleep(10 * time.Second)
		if got := values(m); got["heap.live"] != 3 || got["heap.young"] != 2 {
			t.Errorf("after a collection live and young are %v and %v, want 3 and 2", got["heap.live"], got["heap.young"])
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCycleAgeIsTheAgeOfTheFigure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t)
		m.read = replay(Stats{Cycles: 7}, Stats{Cycles: 8}) // one more collection at the first poll
		if err := m.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if age := values(m)["heap.cycle_age"]; age < 57 || age > 60 {
			t.Errorf("a minute later the age is %v s, want about 59", age)
		}
		_ = m.Close()
	})
}

func TestSubIsAWindowAndChangesNothing(t *testing.T) {
	at := time.Unix(1000, 0)
	a := Snapshot{Stats: Stats{At: at, Cycles: 10, Allocated: 1000, Live: 500}}
	b := Snapshot{Stats: Stats{At: at.Add(time.Minute), Cycles: 14, Allocated: 5000, Live: 300}}
	want := Window{Duration: time.Minute, Cycles: 4, Allocated: 4000, LiveGrowth: -200}
	for range 2 {
		if got := b.Sub(a); got != want {
			t.Errorf("window is %+v, want %+v", got, want)
		}
	}
}

func TestLimitsAreReadAgainWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var raised atomic.Bool
		m := newMonitor(t)
		m.read = replay(Stats{Cycles: 9, Live: 1 << 20, MemoryLimit: 1 << 30})
		m.find = func() (*cgroup.Group, error) {
			content := "536870912"
			if raised.Load() {
				content = "2147483648" // GOMEMLIMIT is now the lower one
			}
			return cgroup.Find(fstest.MapFS{
				"proc/self/cgroup":         {Data: []byte("0::/\n")},
				"proc/self/mountinfo":      {Data: []byte("1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")},
				"sys/fs/cgroup/memory.max": {Data: []byte(content)},
			})
		}
		if err := m.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if limit, ok := m.Snapshot().Limit(); !ok || limit.Bytes != 512<<20 || limit.Source != SourceCgroup {
			t.Errorf("the lowest limit is %+v, want 512 MiB of the control group", limit)
		}
		time.Sleep(time.Second)
		raised.Store(true)
		time.Sleep(2 * limitsEvery)
		synctest.Wait()
		if limit, _ := m.Snapshot().Limit(); limit.Bytes != 1<<30 || limit.Source != SourceGo {
			t.Errorf("the lowest limit is %+v, want 1 GiB of GOMEMLIMIT", limit)
		}
		_ = m.Close()
	})
}

func TestFindings(t *testing.T) {
	limited := func(bytes uint64, source string, stats Stats) Snapshot {
		return Snapshot{Stats: stats, Limits: []Limit{{Bytes: bytes, Source: source, File: "/f"}}}
	}
	cases := []struct {
		name    string
		now     Snapshot
		problem error
		cause   string // "" means no finding
		state   finding.State
		words   []string
	}{
		{name: "nothing is wrong", now: limited(1<<30, SourceGo, Stats{Cycles: 9, Live: 1 << 20})},
		{name: "no limit", now: Snapshot{Stats: Stats{Cycles: 9, Live: 1 << 40}}},
		{name: "live fills the limit", now: limited(512<<20, SourceGo, Stats{Cycles: 9, Live: 470 << 20}),
			cause: "limit", state: finding.TooSmall, words: []string{"470 MiB", "92 %", "512 MiB", "940 MiB"}},
		{name: "not known before the first collection", now: limited(512<<20, SourceGo, Stats{Live: 470 << 20})},
		{name: "the limiter is on", now: limited(1<<30, SourceGo, Stats{Cycles: 9, LimiterCycle: 8}),
			cause: "gc_cpu_limiter", state: finding.TooSmall, words: []string{"cycle 8"}},
		{name: "the limiter was on long ago", now: limited(1<<30, SourceGo, Stats{Cycles: 90, LimiterCycle: 8})},
		{name: "the kernel's limit is unknown to Go", now: limited(1<<30, SourceCgroup, Stats{Cycles: 9}),
			cause: "gomemlimit", state: finding.OK, words: []string{"1.00 GiB", "GOMEMLIMIT=921MiB"}},
		{name: "a limit cannot be read", problem: errors.New("memory.max: permission denied"),
			cause: "cgroup", state: finding.Unknown, words: []string{"memory.max: permission denied"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := &Monitor{now: c.now, problem: c.problem}
			got := m.Findings()
			if c.cause == "" {
				if len(got) > 0 {
					t.Errorf("findings are %+v, want none", got)
				}
				return
			}
			if len(got) != 1 || got[0].Cause != c.cause || got[0].State != c.state {
				t.Fatalf("findings are %+v, want one of state %v and cause %s", got, c.state, c.cause)
			}
			for _, word := range c.words {
				if all := got[0].Summary + got[0].Advice; !strings.Contains(all, word) {
					t.Errorf("%q does not say %q", all, word)
				}
			}
		})
	}
}

func TestUnreadableCgroupIsSaid(t *testing.T) {
	m := newMonitor(t)
	m.find = func() (*cgroup.Group, error) { return nil, os.ErrPermission }
	m.step(t.Context())
	if got := m.Findings(); len(got) != 1 || got[0].Signal != "setup" || got[0].State != finding.Unknown {
		t.Errorf("findings are %+v, want one about the set-up", got)
	}
}

func TestEveryMetricIsDeclared(t *testing.T) {
	m := newMonitor(t)
	runtime.GC()
	m.step(t.Context())
	declared := map[string]bool{}
	for _, desc := range m.Describe() {
		if err := desc.Validate(); err != nil {
			t.Error(err)
		}
		declared[desc.Name] = true
	}
	for name := range values(m) {
		if !declared[name] {
			t.Errorf("%s is emitted and not declared", name)
		}
	}
}

func TestTickAllocatesNothing(t *testing.T) {
	m := newMonitor(t)
	m.step(t.Context())
	if n := testing.AllocsPerRun(100, func() { m.step(t.Context()) }); n != 0 {
		t.Errorf("a tick allocates %v times, want 0", n)
	}
}
