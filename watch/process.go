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
	"github.com/govitals/govitals/internal/proc"
	"github.com/govitals/govitals/internal/text"
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
	reading reading

	mu        sync.Mutex
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
func NewProcess() *Process {
	return &Process{files: proc.Files(), reading: reading{part: "watch.Process", every: processEvery}}
}

// Start begins to read. The end of ctx has the effect of Close. A second Start, or
// one after Close, is an error.
func (p *Process) Start(ctx context.Context) error { return p.reading.start(ctx, p.step) }

// Close stops reading. It works on the zero value, and any number of times.
func (p *Process) Close() error { return p.reading.loop.Close() }

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

const (
	processSignal = "process"
	// tight is the share of descriptors that is worth a word.
	tight = 0.9
)

// Findings implements [finding.Source]. Descriptors that run out make it TooSmall;
// whether they leak is for a trend to say.
func (p *Process) Findings() []finding.Finding {
	p.mu.Lock()
	now, last, problem := p.now, p.last, p.problem
	p.mu.Unlock()
	if said := p.reading.silent(processSignal, "the process", now.At); said != nil {
		return said
	}
	f := finding.Finding{Signal: processSignal, State: finding.OK}
	if problem != nil {
		f.How = []string{"not read: " + shorten(problem.Error(), 500)}
	}
	switch elapsed := now.At.Sub(last.At); {
	case now.HasDescriptors && float64(now.Descriptors) >= tight*float64(now.DescriptorLimit):
		f.State = finding.TooSmall
		f.Summary = fmt.Sprintf("DESCRIPTORS RUN OUT: %d of %d are open.", now.Descriptors, now.DescriptorLimit)
		f.Advice = "Look for connections and files that are not closed: ls -l /proc/PID/fd. Or raise the limit (ulimit -n)."
	case !now.HasCPU:
		f.Summary = "How much processor time the process uses cannot be read here."
	case !last.HasCPU || elapsed <= 0:
		f.State, f.Summary = finding.TooEarly, "Too early to speak of processor time: one reading."
	default:
		used := (now.CPU - last.CPU).Seconds() / elapsed.Seconds()
		f.Summary = fmt.Sprintf("The process used %s of %s processors in the last %s.",
			text.Number(used), text.Number(now.processors()), text.Duration(elapsed.Round(time.Second)))
	}
	return []finding.Finding{f}
}

// processors is how many the process may use.
func (s ProcessStats) processors() float64 {
	if s.Quota > 0 {
		return s.Quota
	}
	return float64(runtime.GOMAXPROCS(0))
}
