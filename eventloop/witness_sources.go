package eventloop

import (
	"fmt"
	"runtime"
	"time"

	"github.com/govitals/govitals/internal/cgroup"
	"github.com/govitals/govitals/internal/proc"
)

// sources fill parts of a reading. Tests replace them.
type sources struct {
	now     func() time.Time
	wait    func(time.Duration)
	cores   int
	runtime func(*reading)
	usage   func(*reading, *faults)
	kernel  func(*reading, *faults)
	threads func(*reading, *faults)
}

func newSources() sources {
	kernel := &kernelFiles{}
	host := &hostFiles{stat: proc.NewFile("/proc/stat", 256), pressure: proc.NewFile("/proc/pressure/cpu", 256)}
	return sources{
		now: time.Now, wait: time.Sleep, cores: runtime.NumCPU(),
		runtime: newRuntimeCounters().read, usage: readProcessUsage, kernel: kernel.read, threads: host.read,
	}
}

func readProcessUsage(r *reading, f *faults) {
	if f.hopeless(readUsage) {
		return
	}
	usage, err := proc.ReadUsage()
	f[readUsage] = err
	r.cpu, r.faults = usage.CPU, usage.MajorFaults
}

// kernelFiles reads what is cheap and said in files of the kernel.
type kernelFiles struct {
	lookedFor  time.Time
	throttling *proc.File // nil without a quota
	missing    error      // why it is not known whether there is a quota
}

func (k *kernelFiles) read(r *reading, f *faults) {
	f[readThrottling] = k.readThrottling(r)
	if f.hopeless(readSuspended) {
		return
	}
	suspended, err := proc.Suspended()
	if err == nil {
		r.suspended = suspended
	}
	f[readSuspended] = err
}

// readThrottling looks for the quota from time to time and soon after its file is
// gone: a process can be moved to another group, or get a quota.
func (k *kernelFiles) readThrottling(r *reading) error {
	if r.at.Sub(k.lookedFor) >= throttlingSoughtEvery {
		k.lookedFor = r.at
		k.look()
	}
	if k.throttling == nil {
		return k.missing
	}
	content, err := k.throttling.Read()
	if err != nil {
		k.throttling, k.missing = nil, err
		k.lookedFor = r.at.Add(time.Second - throttlingSoughtEvery) // a second from now
		return err
	}
	counters, err := cgroup.ParseThrottling(content)
	if err == nil {
		r.throttledPeriods, r.throttled = counters.Periods, counters.Time
	}
	return err
}

func (k *kernelFiles) look() {
	k.throttling, k.missing = nil, nil
	group, err := cgroup.FindCPU(proc.Files())
	if err != nil {
		k.missing = err
		return
	}
	path, err := group.ThrottlingFile()
	if k.missing = err; path != "" {
		k.throttling = proc.NewFile(path, 1024)
	}
}

var errManyThreads = fmt.Errorf("there are more than %d, and the rest was left out", proc.MaxTasks)

// hostFiles reads who waited for a processor: the threads of this process, and
// the machine.
type hostFiles struct {
	waits          proc.Waits
	stat, pressure *proc.File
	takes          time.Duration // a reading, where nothing gets in between
}

func (h *hostFiles) read(r *reading, f *faults) {
	began := time.Now()
	if !f.hopeless(readThreads) {
		f[readThreads] = h.readWaits(r)
	}
	if !f.hopeless(readSteal) {
		f[readSteal] = fill(&r.steal, h.stat, proc.ParseSteal)
	}
	if h.pressure != nil {
		f[readPressure] = fill(&r.pressure, h.pressure, cgroup.ParsePressure)
	}
	if f.hopeless(readPressure) {
		f[readPressure], h.pressure = nil, nil // many kernels are built without it, and no cause needs it
	}
	h.took(time.Since(began))
	r.threadsPace = min(threadsDuty*h.takes, threadsMost)
}

// took notes how long a reading took. If that was long, the reader had to wait for a
// processor, and this is when the figures are needed most; or there are more threads
// now, and the next reading will take as long.
func (h *hostFiles) took(d time.Duration) {
	if h.takes > 0 {
		d = min(d, h.takes*5/4)
	}
	h.takes = d
}

func (h *hostFiles) readWaits(r *reading) error {
	if err := h.waits.Read(); err != nil {
		return err
	}
	r.runDelay = h.waits.Total
	r.longest += h.waits.Longest
	if h.waits.Skipped > 0 {
		return errManyThreads
	}
	return nil
}

// fill sets a figure from a file. It stays as it was if that is not possible.
func fill(figure *time.Duration, file *proc.File, parse func([]byte) (time.Duration, error)) error {
	content, err := file.Read()
	if err != nil {
		return err
	}
	value, err := parse(content)
	if err == nil {
		*figure = value
	}
	return err
}
