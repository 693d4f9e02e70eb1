package heap

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
	m.kernel.find = func() (*cgroup.Group, error) { return nil, cgroup.ErrNone }
	m.kernel.rss = func() (uint64, error) { return 0, errors.ErrUnsupported }
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

func TestTickAllocatesNothing(t *testing.T) {
	m := newMonitor(t)
	m.step(t.Context())
	if n := testing.AllocsPerRun(100, func() { m.step(t.Context()) }); n != 0 {
		t.Errorf("a tick allocates %v times, want 0", n)
	}
	m.read = func(s *Stats) { Read(s); s.Cycles = m.now.Cycles + 1 }
	if n := testing.AllocsPerRun(100, func() { m.step(t.Context()) }); n != 0 {
		t.Errorf("a tick that sees a collection allocates %v times, want 0", n)
	}
}

func TestZeroValuesSaySo(t *testing.T) {
	var m Monitor
	if err := errors.Join(m.Close(), m.Start(t.Context())); err == nil || !strings.Contains(err.Error(), "NewMonitor") {
		t.Errorf("Start says %v", err)
	}
	var s Sites
	if err := s.Baseline(); err == nil || !strings.Contains(err.Error(), "NewSites") {
		t.Errorf("Baseline says %v", err)
	}
	s.Step()
	s.StepAt(time.Now(), nil)
	if err := s.Err(); err == nil || len(s.Growth(5)) != 0 {
		t.Errorf("after a step: %v, %v", err, s.Growth(5))
	}
	var w PressureWatch
	var r Recorder
	w.Collect(func(metric.Sample) { t.Error("a sample") })
	if got := append(w.Findings(), r.Findings()...); len(got) != 0 {
		t.Errorf("findings are %v", got)
	}
}
