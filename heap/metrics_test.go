package heap

import (
	"runtime"
	"strings"
	"testing"

	"github.com/govitals/govitals/internal/cgroup"
)

// everything returns a monitor that knows all there is to know.
func everything(t *testing.T) *Monitor {
	t.Helper()
	m := newMonitor(t)
	files := inContainer(map[string]string{"sys/fs/cgroup/memory.pressure": "some avg10=0.00 total=1500000\nfull avg10=0.00 total=250000\n"})
	m.kernel.find = func() (*cgroup.Group, error) { return cgroup.Find(files) }
	m.kernel.rss = func() (uint64, error) { return 1 << 30, nil }
	m.read = func(s *Stats) { Read(s); s.MemoryLimit = 2 << 30 }
	runtime.GC() // a record is of what lies between two collections
	m.step(t.Context())
	kept = append(kept, make([]byte, 1<<20))
	t.Cleanup(func() { kept = nil })
	runtime.GC()
	m.step(t.Context())
	return m
}

func TestEveryMetricIsDeclaredAndEmitted(t *testing.T) {
	m := everything(t)
	emitted := map[string]bool{}
	for series := range values(m) {
		name, _, _ := strings.Cut(series, " ")
		emitted[name] = true
	}
	for _, desc := range m.Describe() {
		if err := desc.Validate(); err != nil {
			t.Error(err)
		}
		if !emitted[desc.Name] {
			t.Errorf("%s is declared and not emitted", desc.Name)
		}
		delete(emitted, desc.Name)
	}
	for name := range emitted {
		t.Errorf("%s is emitted and not declared", name)
	}
}

func TestSpacesAddUpToWhatIsHeldAndResident(t *testing.T) {
	m := everything(t)
	got, total := values(m), 0.0
	for series, value := range got {
		if strings.HasPrefix(series, "heap.space ") {
			total += value
		}
	}
	s := m.Snapshot()
	if want := float64(s.Held) + float64(s.Kernel.OffHeap); total != want {
		t.Errorf("the spaces add up to %v, held and off-heap are %v", total, want)
	}
}

func TestFiguresOfTheKernel(t *testing.T) {
	got := values(everything(t))
	for name, want := range map[string]float64{
		"heap.rss": 1 << 30, "heap.cgroup.working_set": 400 << 20, "heap.cgroup.anon": 300 << 20, "heap.cgroup.oom_kills": 1,
		"heap.cgroup.stalled some": 1.5, "heap.cgroup.stalled full": 0.25, "heap.headroom": 624 << 20,
		"heap.limit cgroup": 1 << 30, "heap.limit gomemlimit": 2 << 30, "heap.limit.utilization cgroup": 400.0 / 1024,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}

func TestLimiterIsAState(t *testing.T) {
	for _, c := range []struct {
		cycle, limiter uint64
		want           float64
	}{{9, 0, 0}, {9, 9, 1}, {9, 8, 1}, {9, 7, 0}} {
		m := newMonitor(t)
		m.read = replay(Stats{Cycles: c.cycle, LimiterCycle: c.limiter})
		m.step(t.Context())
		if got := values(m)["heap.gc.limiter"]; got != c.want {
			t.Errorf("at cycle %d, limiter on at %d: %v, want %v", c.cycle, c.limiter, got, c.want)
		}
	}
}

func TestUnknownIsAbsent(t *testing.T) {
	m := newMonitor(t)
	m.read = replay(Stats{Objects: 5, GOGC: -1})
	m.step(t.Context())
	got := values(m)
	for series := range got {
		name, _, _ := strings.Cut(series, " ")
		switch {
		case strings.HasPrefix(name, "heap.cycle."), strings.HasPrefix(name, "heap.cgroup."), strings.HasPrefix(name, "heap.limit"),
			name == "heap.rss", name == "heap.off_heap", name == "heap.headroom", name == "heap.gogc", name == "heap.gc.cpu",
			name == "heap.live", series == "heap.space old", series == "heap.space off_heap":
			t.Errorf("%s is %v before anything is known, want absent", series, got[series])
		}
	}
}

func TestTextSaysWhatIsKnown(t *testing.T) {
	full := everything(t).Snapshot().String()
	for _, word := range []string{"live", "profiler", "metadata", "rss", "off-heap", "working set", "promoted", "gc pause", "headroom", "by cgroup"} {
		if !strings.Contains(full, word) {
			t.Errorf("the text lacks %q:\n%s", word, full)
		}
	}
	empty := Snapshot{}.String()
	for _, word := range []string{"rss", "working set", "promoted", "headroom"} {
		if strings.Contains(empty, word) {
			t.Errorf("nothing is known and the text has %q:\n%s", word, empty)
		}
	}
}
