package heap

import (
	"errors"
	"runtime"
	"time"

	"github.com/govitals/govitals/internal/cgroup"
	"github.com/govitals/govitals/internal/proc"
)

// Kernel is what the operating system says about memory. What it does not say
// stays 0.
type Kernel struct {
	// At is when it was read.
	At time.Time
	// RSS is the resident memory of the process. It counts the program file and
	// shared pages too.
	RSS uint64
	// OffHeap is RSS minus what the Go runtime held at that moment: C code,
	// mmap, the program file. Heap that was never touched is held and not
	// resident, so it may be below 0; its trend is what counts. It is known if
	// RSS is.
	OffHeap int64
	// WorkingSet is the memory of the control group that the kernel cannot
	// easily take back, other processes of the group included.
	WorkingSet uint64
	// Anon is the part of it that no file backs: heap, stacks, C memory.
	Anon uint64
	// Room is what may be added before the kernel kills, known if HasRoom.
	Room    uint64
	HasRoom bool
	// OOMKills is how many processes of the group the kernel has killed for
	// want of memory, known if HasOOMKills.
	OOMKills    uint64
	HasOOMKills bool
	// StalledSome and StalledFull are how long some or all of the group's
	// threads have waited for memory, known if HasStalled.
	StalledSome, StalledFull time.Duration
	HasStalled               bool
}

const (
	// kernelEvery is the time between readings of the kernel's files.
	kernelEvery = 10 * time.Second
	// groupEvery is the time after which the control group is looked up again:
	// a process can be moved to another one.
	groupEvery = time.Minute
)

// kernelReader reads Kernel and remembers where its files are.
type kernelReader struct {
	find    func() (*cgroup.Group, error) // findCgroup, but for tests
	rss     func() (uint64, error)        // proc.RSS, but for tests
	group   *cgroup.Group
	foundAt time.Time
}

func newKernelReader() kernelReader { return kernelReader{find: findCgroup, rss: proc.RSS} }

// read returns what the kernel says, the limit that it sets, and why something
// is not known. What cannot be known on this machine is not a problem.
func (r *kernelReader) read(at time.Time, held uint64) (Kernel, cgroup.Limit, error) {
	k := Kernel{At: at}
	var problems error
	if rss, err := r.rss(); err == nil {
		k.RSS, k.OffHeap = rss, int64(rss)-int64(held)
	} else if !errors.Is(err, errors.ErrUnsupported) {
		problems = err
	}
	memory, err := r.memory(&k)
	if k.RSS > 0 && memory.Limit.Bytes > 0 && !k.HasRoom {
		// The group holds this process at least.
		k.Room, k.HasRoom = memory.Limit.Bytes-min(k.RSS, memory.Limit.Bytes), true
	}
	return k, memory.Limit, errors.Join(problems, err)
}

// memory reads the files of the control group into k.
func (r *kernelReader) memory(k *Kernel) (cgroup.Memory, error) {
	if r.group == nil || k.At.Sub(r.foundAt) >= groupEvery {
		group, err := r.find()
		if errors.Is(err, cgroup.ErrNone) {
			err = nil
		}
		r.group, r.foundAt = group, k.At
		if group == nil {
			return cgroup.Memory{}, err
		}
	}
	memory, err := r.group.Memory()
	k.WorkingSet, k.Anon = memory.WorkingSet, memory.Anon
	k.Room, k.HasRoom = memory.Room, memory.HasRoom
	k.OOMKills, k.HasOOMKills = memory.OOMKills, memory.HasOOMKills
	if stalled, err := r.group.Stalled(); err == nil {
		k.StalledSome, k.StalledFull, k.HasStalled = stalled.Some, stalled.Full, true
	}
	return memory, err
}

// findCgroup looks at the machine that the process runs on. Control groups
// exist on Linux alone.
func findCgroup() (*cgroup.Group, error) {
	if runtime.GOOS != "linux" {
		return nil, cgroup.ErrNone
	}
	return cgroup.Find(proc.Files())
}
