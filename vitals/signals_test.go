package vitals

import (
	"errors"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/leakguard"
)

// watched returns a monitor that has just read the process, and reads it again
// when told.
func watched(t *testing.T) (m *heap.Monitor) {
	t.Helper()
	m, err := heap.NewMonitor(heap.MonitorConfig{Interval: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// await waits until what a signal reads is as wanted.
func await(t *testing.T, s leakguard.Signal, wanted func(leakguard.Reading) bool) (r leakguard.Reading) {
	t.Helper()
	eventually(t, s.Name()+" reads what is wanted", func() (isWanted bool) {
		var err error
		if r, err = s.Read(t.Context()); err == nil {
			isWanted = wanted(r)
		}
		return isWanted
	})
	return r
}

func TestStacksSeesDeepRecursion(t *testing.T) {
	s := &stacks{monitor: watched(t), goroutines: leakguard.NewGoroutines(leakguard.GoroutinesConfig{})}
	runtime.GC()
	before := await(t, s, func(leakguard.Reading) bool { return true })
	deep, done := make(chan struct{}), make(chan struct{})
	defer close(done)
	go recurse(1<<16, deep, done)
	<-deep
	await(t, s, func(r leakguard.Reading) bool {
		runtime.GC() // stacks that were outgrown go with it
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return r.Value >= before.Value+8<<20 && math.Abs(r.Value-float64(stats.StackInuse)) < 1<<20
	})
}

// recurse fills at least 100 bytes of stack for each level and then waits.
func recurse(depth int, deep chan<- struct{}, done <-chan struct{}) byte {
	var frame [128]byte
	frame[depth%128] = byte(depth)
	if depth == 0 {
		close(deep)
		<-done
		return 0
	}
	return recurse(depth-1, deep, done) + frame[depth%7]
}

func TestBacklogSeesWhatWaitsBehindABlockedFinalizer(t *testing.T) {
	b := &backlog{monitor: watched(t)}
	release := make(chan struct{})
	began := make(chan struct{})
	withFinalizer(func() { close(began); <-release })
	runtime.GC()
	<-began
	const waiting = 5000
	for range waiting {
		withFinalizer(func() {})
	}
	runtime.GC()
	r := await(t, b, func(r leakguard.Reading) bool { return r.Value >= waiting })
	if r.Value > 2*waiting {
		t.Errorf("%v functions wait, want about %d", r.Value, waiting)
	}
	culprits := b.Culprits(2)
	if len(culprits) == 0 || !strings.Contains(culprits[0].Name, "SetFinalizer") || culprits[0].Share < 0.9 {
		t.Errorf("culprits are %+v", culprits)
	}
	close(release)
	await(t, b, func(r leakguard.Reading) bool { return r.Value < b.Floor()/2 })
}

// withFinalizer drops an object with a finalizer.
//
//go:noinline
func withFinalizer(f func()) {
	object := new([64]byte)
	runtime.SetFinalizer(object, func(*[64]byte) { f() })
}

func TestBacklogCulprits(t *testing.T) {
	if got := backlogCulprits(0, 0, 3); len(got) != 0 {
		t.Errorf("nothing waits: %+v", got)
	}
	if got := backlogCulprits(10, 30, 3); len(got) != 2 || got[0].Share != 0.75 || !strings.Contains(got[0].Name, "AddCleanup") {
		t.Errorf("30 cleanups and 10 finalizers: %+v", got)
	}
	if got := backlogCulprits(10, 30, 1); len(got) != 1 {
		t.Errorf("one was asked for: %+v", got)
	}
}

func TestBucketsIsWhatTheRuntimeSays(t *testing.T) {
	r := await(t, buckets{watched(t)}, func(leakguard.Reading) bool { return true })
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	if math.Abs(r.Value-float64(stats.BuckHashSys)) > 1<<20 {
		t.Errorf("buckets are %.0f bytes, ReadMemStats says %d", r.Value, stats.BuckHashSys)
	}
}

func TestSettingsOfTheCollectorAreARegime(t *testing.T) {
	h := &liveHeap{monitor: watched(t)}
	runtime.GC()
	before := await(t, h, func(leakguard.Reading) bool { return true })
	defer debug.SetGCPercent(debug.SetGCPercent(77))
	after := await(t, h, func(r leakguard.Reading) bool { return r.Regime != before.Regime })
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(3 << 40))
	limited := await(t, h, func(r leakguard.Reading) bool { return r.Regime != after.Regime && r.Regime != before.Regime })
	if limited.Limit == 0 || limited.Limit > 3<<40 {
		t.Errorf("the limit that was set is read as %v", limited.Limit)
	}
}

func TestRegimesOfUsualSettingsDiffer(t *testing.T) {
	seen := map[uint64]heap.Stats{}
	for _, gogc := range []int{-1, 0, 20, 50, 100, 200, 400, 1000} {
		for _, limit := range []uint64{0, 1 << 20, 512 << 20, 1 << 30, 4 << 30, 8 << 30, 1 << 40} {
			s := heap.Stats{GOGC: gogc, MemoryLimit: limit}
			if other, taken := seen[regime(&s)]; taken {
				t.Errorf("GOGC %d with limit %d is the same regime as %d with %d", gogc, limit, other.GOGC, other.MemoryLimit)
			}
			seen[regime(&s)] = s
		}
	}
}

// offHeapOf is the signal with other readings.
func offHeapOf(unbacked func() float64, held, room uint64) offHeap {
	return offHeap{
		unbacked: func() (uint64, error) { return uint64(unbacked()), nil },
		held:     func() heap.Stats { return heap.Stats{Held: held} },
		kernel:   func() heap.Kernel { return heap.Kernel{Room: room, HasRoom: room > 0} },
	}
}

func TestOffHeapIsWhatNoFileBacksAndGoDoesNotHold(t *testing.T) {
	for _, c := range []struct{ unbacked, held, room, value, limit uint64 }{
		{300 << 20, 100 << 20, 0, 200 << 20, 0},
		{300 << 20, 100 << 20, 50 << 20, 200 << 20, 250 << 20},
		{80 << 20, 100 << 20, 0, 0, 0},
	} {
		r, err := offHeapOf(func() float64 { return float64(c.unbacked) }, c.held, c.room).Read(t.Context())
		if err != nil || r.Value != float64(c.value) || r.Limit != float64(c.limit) {
			t.Errorf("%+v: %+v, %v", c, r, err)
		}
	}
	refused := offHeap{unbacked: func() (uint64, error) { return 0, errors.New("refused") }}
	if _, err := refused.Read(t.Context()); err == nil {
		t.Error("what cannot be read is no error")
	}
}

// detecting runs a detector of one signal at the resolution of demonstrations.
func detecting(t *testing.T, create func() leakguard.Signal, check func(verdict func() finding.Finding)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d, err := leakguard.NewDetector(leakguard.DetectorConfig{Resolution: 100 * time.Millisecond, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(d.Watch(create()), d.Start(t.Context())); err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		check(func() finding.Finding { return d.Findings()[0] })
	})
}

// A program that begins touches what it holds bit by bit: resident memory grows
// by MiB for minutes, and nothing leaks.
func TestTouchingWhatIsHeldIsNoGrowth(t *testing.T) {
	touching := func() leakguard.Signal {
		start := time.Now()
		return offHeapOf(func() float64 { return 9<<20 + (4<<20)*(1-math.Exp(-time.Since(start).Seconds()/120)) }, 12<<20, 0)
	}
	detecting(t, touching, func(verdict func() finding.Finding) {
		for second := range 600 {
			time.Sleep(time.Second)
			if f := verdict(); f.State != finding.TooEarly && f.State != finding.OK {
				t.Fatalf("after %d s it is %v: %s", second, f.State, f.Summary)
			}
		}
	})
}

func TestLeakOutsideOfGoIsCalledWithItsEnd(t *testing.T) {
	leaking := func() leakguard.Signal {
		start := time.Now()
		return offHeapOf(func() float64 { return 20<<20 + (1<<20)*time.Since(start).Seconds() }, 12<<20, 500<<20)
	}
	detecting(t, leaking, func(verdict func() finding.Finding) {
		time.Sleep(100 * time.Second)
		f := verdict()
		if f.State != finding.Leaking || math.Abs(f.PerHour/(3600<<20)-1) > 0.05 || !strings.Contains(f.Summary, "the limit of 608 MiB is reached") {
			t.Errorf("a MiB per second outside of Go is called %v: %s", f.State, f.Summary)
		}
	})
}

// Every signal has words of its own for who is woken up by it.
func TestEverySignalThatGrowsSaysWhatToDo(t *testing.T) {
	inBubble(t, Config{Resolution: 100 * time.Millisecond}, func(t *testing.T, v *Vitals) {
		d, err := leakguard.NewDetector(leakguard.DetectorConfig{Resolution: 100 * time.Millisecond, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range v.builtIn() {
			_ = d.Watch(leak(s.Name()))
		}
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		time.Sleep(100 * time.Second)
		for _, f := range d.Findings() {
			if f.State != finding.Leaking || strings.Contains(f.Advice, "never takes away") || len(f.Advice) < 60 {
				t.Errorf("%s: %v, advice %q", f.Signal, f.State, f.Advice)
			}
			t.Log(f.Summary, f.Advice)
		}
	})
}
