package heap

import (
	"math"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"
)

// both are the figures that runtime/metrics and ReadMemStats have. The slack is
// what the test binary may do between the two.
var both = []struct {
	name  string
	slack uint64
	read  func(*Stats) uint64
	mem   func(*runtime.MemStats) uint64
}{
	{"Objects", 1 << 20, func(s *Stats) uint64 { return s.Objects }, func(m *runtime.MemStats) uint64 { return m.HeapAlloc }},
	{"ObjectCount", 5_000, func(s *Stats) uint64 { return s.ObjectCount }, func(m *runtime.MemStats) uint64 { return m.Mallocs - m.Frees }},
	{"Allocated", 1 << 20, func(s *Stats) uint64 { return s.Allocated }, func(m *runtime.MemStats) uint64 { return m.TotalAlloc }},
	{"Goal", 0, func(s *Stats) uint64 { return s.Goal }, func(m *runtime.MemStats) uint64 { return m.NextGC }},
	{"Stacks", 256 << 10, func(s *Stats) uint64 { return s.Stacks }, func(m *runtime.MemStats) uint64 { return m.StackInuse }},
	{"Unused", 1 << 20, func(s *Stats) uint64 { return s.Unused }, func(m *runtime.MemStats) uint64 { return m.HeapInuse - m.HeapAlloc }},
	{"Idle", 4 << 20, func(s *Stats) uint64 { return s.Idle }, func(m *runtime.MemStats) uint64 { return m.HeapIdle - m.HeapReleased }},
	{"Released", 4 << 20, func(s *Stats) uint64 { return s.Released }, func(m *runtime.MemStats) uint64 { return m.HeapReleased }},
	{"Committed", 4 << 20, func(s *Stats) uint64 { return s.Committed }, func(m *runtime.MemStats) uint64 { return m.HeapSys - m.HeapReleased + m.StackInuse }},
	{"ProfilerBuckets", 256 << 10, func(s *Stats) uint64 { return s.ProfilerBuckets }, func(m *runtime.MemStats) uint64 { return m.BuckHashSys }},
	{"Metadata", 256 << 10, func(s *Stats) uint64 { return s.Metadata }, func(m *runtime.MemStats) uint64 {
		return m.MSpanSys + m.MCacheSys + m.GCSys + m.OtherSys + m.StackSys - m.StackInuse
	}},
	{"Held", 4 << 20, func(s *Stats) uint64 { return s.Held }, func(m *runtime.MemStats) uint64 { return m.Sys - m.HeapReleased }},
	{"Cycles", 0, func(s *Stats) uint64 { return s.Cycles }, func(m *runtime.MemStats) uint64 { return uint64(m.NumGC) }},
	{"ForcedCycles", 0, func(s *Stats) uint64 { return s.ForcedCycles }, func(m *runtime.MemStats) uint64 { return uint64(m.NumForcedGC) }},
}

func TestBothSourcesAgree(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // none between the readings
	keep(t, 64<<20)
	debug.FreeOSMemory() // or the runtime gives back between the readings what tests before have left
	var exact, read Stats
	var m runtime.MemStats
	ReadExact(&exact)
	Read(&read)
	runtime.ReadMemStats(&m)
	for _, figure := range both {
		want := figure.mem(&m)
		within(t, "Read: "+figure.name, figure.read(&read), want, figure.slack)
		within(t, "ReadExact: "+figure.name, figure.read(&exact), want, figure.slack)
	}
	within(t, "Live after two collections", exact.Live, m.HeapAlloc, 1<<20)
	if share := (exact.CPUGC - exact.CPUGCIdle) / exact.CPUTotal; math.Abs(share-m.GCCPUFraction) > 0.01 {
		t.Errorf("the collector took %.4f of the CPU, ReadMemStats says %.4f", share, m.GCCPUFraction)
	}
	if exact.At.IsZero() || exact.GOGC == 0 {
		t.Errorf("what ReadMemStats lacks is not filled: %+v", exact)
	}
}

func TestReadExactFindsEveryByteKept(t *testing.T) {
	var before, after Stats
	ReadExact(&before)
	keep(t, 16<<20)
	ReadExact(&after)
	// What has a finalizer or a cleanup, of tests before, may go in a third collection.
	if grown := int64(after.Objects) - int64(before.Objects); grown < 16<<20-256<<10 || grown > 16<<20+256<<10 {
		t.Errorf("16 MiB kept are seen as %d bytes", grown)
	}
}

// A pool lets go of its items in the second collection only.
func TestReadExactSeesThroughAPool(t *testing.T) {
	var before, after Stats
	ReadExact(&before)
	var pool sync.Pool
	for range 16 {
		pool.Put(new([1 << 20]byte))
	}
	ReadExact(&after)
	if grown := int64(after.Objects) - int64(before.Objects); grown > 256<<10 {
		t.Errorf("%d bytes of the pool are left", grown)
	}
	runtime.KeepAlive(&pool)
}

func TestBacklogIsWhatWaits(t *testing.T) {
	var before, stuck, after Stats
	ReadExact(&before)
	release := make(chan struct{})
	var started, done sync.WaitGroup
	started.Add(1)
	done.Add(200)
	var once sync.Once
	for range 200 {
		runtime.SetFinalizer(new([64]byte), func(*[64]byte) {
			once.Do(started.Done)
			<-release
			done.Done()
		})
	}
	ReadExact(&stuck)
	started.Wait()
	Read(&stuck)
	close(release)
	if stuck.FinalizerBacklog() < 190 { // what was allocated last may be in a register
		t.Errorf("the backlog is %d while 200 finalizers wait", stuck.FinalizerBacklog())
	}
	done.Wait()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); { // the runtime counts after the last of a batch
		if Read(&after); after.FinalizerBacklog() <= before.FinalizerBacklog() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the backlog is still %d, before it was %d", after.FinalizerBacklog(), before.FinalizerBacklog())
}
