package usage

import (
	"cmp"
	"runtime"
	"slices"
	"time"

	"github.com/govitals/govitals/internal/rtm"
	"github.com/govitals/govitals/internal/stacks"
)

// Memory is what is reachable.
type Memory struct {
	// Bytes and Objects are those of the heap.
	Bytes, Objects int64
	// Backlog counts finalizers and cleanups that are due and have not run.
	Backlog int
	// Sizes are the objects by the size classes of the allocator, the smallest
	// first. Larger objects are not among them.
	Sizes [len(runtime.MemStats{}.BySize)]SizeClass
}

// SizeClass is the objects that take the same room: those of 105 to 112 bytes, say.
type SizeClass struct {
	Bytes   uint32 // that each takes
	Objects int64
}

// ReadMemory collects garbage twice and returns what is left. Two collections
// are needed, with the finalizers of the first run in between: sync.Pool lets go
// of its items in the second one, and an object with a finalizer dies in the
// one after its finalizer ran.
func ReadMemory() Memory {
	Collect()
	return ReadMemoryOnce()
}

// ReadMemoryOnce collects garbage once. What pools hold counts, and so does what
// had a finalizer: the same each time for work that is the same each time.
func ReadMemoryOnce() Memory {
	m := new(runtime.MemStats) // before the collection, which would count it otherwise
	Collect()
	runtime.ReadMemStats(m)
	now := Memory{Bytes: int64(m.HeapAlloc), Objects: int64(m.Mallocs - m.Frees), Backlog: Backlog()}
	for i, class := range m.BySize {
		now.Sizes[i] = SizeClass{class.Size, int64(class.Mallocs - class.Frees)}
	}
	return now
}

// Gained returns the size classes that have more objects than before, those that
// take the most bytes more first. Objects are how many more.
func (m *Memory) Gained(before *Memory) (gained []SizeClass) {
	for i, class := range m.Sizes {
		if class.Objects -= before.Sizes[i].Objects; class.Objects > 0 {
			gained = append(gained, class)
		}
	}
	slices.SortStableFunc(gained, func(a, b SizeClass) int {
		return cmp.Compare(int64(b.Bytes)*b.Objects, int64(a.Bytes)*a.Objects)
	})
	return gained
}

// Collect collects garbage and gives finalizers and cleanups, such as those that
// close forgotten files, a moment to run.
func Collect() {
	runtime.GC()
	drain()
}

const (
	// drainYields and drainPauses bound how long drain waits: some 4 ms.
	drainYields = 1000
	drainPauses = 30
)

// drain waits until no finalizer and no cleanup is due, but not for long, since
// one of them may be stuck. It does not sleep in a synctest bubble, whose clock
// that would move.
func drain() {
	for try := 0; try < drainYields && Backlog() > 0; try++ {
		runtime.Gosched()
	}
	if Backlog() == 0 {
		return
	}
	if _, bubble, err := stacks.Self(); err != nil || bubble != 0 {
		return
	}
	for try := 0; try < drainPauses && Backlog() > 0; try++ {
		time.Sleep(100 * time.Microsecond)
	}
}

var queues = rtm.NewReader(
	"/gc/finalizers/queued:finalizers", "/gc/finalizers/executed:finalizers",
	"/gc/cleanups/queued:cleanups", "/gc/cleanups/executed:cleanups",
)

// Backlog returns how many finalizers and cleanups are due and have not run.
func Backlog() (n int) {
	queues.Read(func(v rtm.Values) {
		n = behind(v.Uint64(0), v.Uint64(1)) + behind(v.Uint64(2), v.Uint64(3))
	})
	return n
}

// behind is 0 where what is executed was counted after what is queued.
func behind(queued, executed uint64) int {
	return int(queued - min(executed, queued))
}

var threads = rtm.NewReader("/sched/threads/total:threads")

// Threads returns the number of threads of the Go runtime. It falls only where
// a goroutine ends that is locked to its thread.
func Threads() (n int) {
	threads.Read(func(v rtm.Values) { n = int(v.Uint64(0)) })
	return n
}
