package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"sync"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/cgroup"
	"github.com/govitals/govitals/internal/loop"
	"github.com/govitals/govitals/internal/proc"
	"github.com/govitals/govitals/internal/usage"
)

// processEvery is how often a Process reads.
const processEvery = 10 * time.Second

// Process watches what the kernel counts for this process: processor time against the
// quota, the network of the pod, descriptors and threads. [NewProcess] makes it, Start
// has it read every ten seconds. It is a metric.Source and a finding.Source; what the
// system does not say is absent.
type Process struct {
	files   fs.FS
	network networkReader // of the loop alone
	reading loop.Loop

	mu        sync.Mutex
	started   time.Time
	now, last ProcessStats
	problem   error
}

// ProcessStats is what was read at one moment. Each figure holds only if its flag is
// set: others could not be read on this system.
type ProcessStats struct {
	// At is when it was read, zero if it was not.
	At time.Time
	// CPU is the processor time that the process has used since it began.
	CPU    time.Duration
	HasCPU bool
	// Quota is how many processors the control group may use, 0 without a quota.
	Quota    float64
	HasQuota bool
	// Network is what came and went since the pod, or the machine, began.
	Network    Network
	HasNetwork bool
	// Descriptors is how many are open, DescriptorLimit how many can be.
	Descriptors     int
	DescriptorLimit uint64
	HasDescriptors  bool
	// Threads is how many the Go runtime has.
	Threads int
}

// Network is what the interfaces of a network namespace count, all but the loopback
// added up: that is the pod, or the machine for a process outside of one.
type Network struct {
	// ReceivedBytes and SentBytes, ReceivedPackets and SentPackets came and went.
	ReceivedBytes, SentBytes     uint64
	ReceivedPackets, SentPackets uint64
	// ReceivedDrops and SentDrops are packets that were thrown away here.
	ReceivedDrops, SentDrops uint64
}

// NewProcess returns a Process.
func NewProcess() *Process { return &Process{files: proc.Files()} }

// Start begins to read. The end of ctx has the effect of Close. A second Start, or
// one after Close, is an error.
func (p *Process) Start(ctx context.Context) error {
	p.mu.Lock()
	p.started = time.Now()
	p.mu.Unlock()
	return p.reading.Start(ctx, loop.Config{Name: "watch.Process", Every: processEvery, Wake: atOnce(), Step: p.step})
}

// Close stops reading. It works on the zero value, and any number of times.
func (p *Process) Close() error { return p.reading.Close() }

func (p *Process) step(context.Context) {
	now, err := p.read()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.now, p.problem = p.now, now, err
}

// read returns what can be read, and an error that joins what cannot.
func (p *Process) read() (s ProcessStats, err error) {
	s.At, s.Threads = time.Now(), usage.Threads()
	var cpu, quota, network, open, limit error
	s.CPU, cpu = proc.CPUTime()
	s.HasCPU = cpu == nil
	s.Quota, quota = p.quota()
	s.HasQuota = quota == nil
	s.Network, network = p.network.read(p.files)
	s.HasNetwork = network == nil
	s.Descriptors, open = proc.Descriptors()
	s.DescriptorLimit, limit = proc.DescriptorLimit()
	s.HasDescriptors = open == nil && limit == nil
	return s, errors.Join(cpu, quota, network, open, limit)
}

// quota returns 0 where there is none.
func (p *Process) quota() (float64, error) {
	group, err := cgroup.FindCPU(p.files)
	if errors.Is(err, cgroup.ErrNoCPU) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	quota, err := group.Quota()
	cores, _ := quota.Cores()
	return cores, err
}

// Stats returns what was read last.
func (p *Process) Stats() ProcessStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// cores returns how many processors the process used between the last two readings,
// and how many it may use.
func (p *Process) cores() (used, most float64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	elapsed := p.now.At.Sub(p.last.At).Seconds()
	if p.last.At.IsZero() || elapsed <= 0 || !p.now.HasCPU || !p.last.HasCPU {
		return 0, 0, false
	}
	most = float64(runtime.GOMAXPROCS(0))
	if p.now.Quota > 0 {
		most = p.now.Quota
	}
	return (p.now.CPU - p.last.CPU).Seconds() / elapsed, most, true
}

const (
	processSignal = "process"
	// tight is the share of descriptors that is worth a word.
	tight = 0.9
)

// Findings implements [finding.Source]. Descriptors that run out make it TooSmall;
// whether they leak is for a trend to say.
func (p *Process) Findings() []finding.Finding {
	s := p.Stats()
	f := finding.Finding{Signal: processSignal, State: finding.OK}
	p.mu.Lock()
	started := p.started
	if p.problem != nil {
		f.How = []string{"not read: " + shorten(p.problem.Error(), 500)}
	}
	p.mu.Unlock()
	used, most, known := p.cores()
	switch {
	case s.At.IsZero():
		f.State, f.Advice = unread(&p.reading, "watch.Process", started)
		f.Summary = "Nothing is known about the process: it was not read yet."
	case s.HasDescriptors && float64(s.Descriptors) >= tight*float64(s.DescriptorLimit):
		f.State = finding.TooSmall
		f.Summary = fmt.Sprintf("DESCRIPTORS RUN OUT: %d of %d are open.", s.Descriptors, s.DescriptorLimit)
		f.Advice = "Look for connections and files that are not closed: ls -l /proc/PID/fd. Or raise the limit (ulimit -n)."
	case !s.HasCPU:
		f.Summary = "How much processor time the process uses cannot be read here."
	case !known:
		f.State, f.Summary = finding.TooEarly, "Too early to speak of processor time: one reading."
	default:
		f.Summary = fmt.Sprintf("The process used %.3g of %.3g processors in the last %v.", used, most, processEvery)
	}
	return []finding.Finding{f}
}
