package vitals

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"runtime"
	"sync"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/cgroup"
	"github.com/govitals/govitals/internal/proc"
)

// setup says how the process is set up. It is a finding.Source of what was read before.
// That GOMEMLIMIT is not set under a limit of the kernel is said by heap.Monitor.
type setup struct {
	quota func() (cores float64, file string, err error) // readQuota, but for tests
	procs func() int                                     // runtime.GOMAXPROCS(0), but for tests
	host  int                                            // runtime.NumCPU, but for tests
	rate  int                                            // runtime.MemProfileRate, which must not change while the program runs
	next  time.Time                                      // when to look again

	mu  sync.Mutex
	cpu cpuSetup
}

// cpuSetup is how many processors the process may use, in two ways.
type cpuSetup struct {
	cores float64 // of the quota, 0 for none
	file  string
	procs int
	host  int   // how many processors there are: a quota may be worth more
	err   error // why the quota is not known
}

func newSetup() *setup {
	return &setup{quota: readQuota, procs: func() int { return runtime.GOMAXPROCS(0) }, host: runtime.NumCPU(), rate: runtime.MemProfileRate}
}

// setupEvery is the time between two readings of the kernel's files: a quota can be
// changed while the process runs.
const setupEvery = time.Minute

// look reads what is due. It is called by one goroutine.
func (s *setup) look(now time.Time) {
	if !isDue(&s.next, now, setupEvery) {
		return
	}
	cpu := cpuSetup{procs: s.procs(), host: s.host}
	cpu.cores, cpu.file, cpu.err = s.quota()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cpu = cpu
}

// readQuota returns 0 where there is no quota, as on other systems than Linux.
func readQuota() (cores float64, file string, err error) {
	if runtime.GOOS != "linux" {
		return 0, "", nil
	}
	group, err := cgroup.FindCPU(proc.Files())
	if errors.Is(err, cgroup.ErrNoCPU) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", err
	}
	quota, err := group.Quota()
	if errors.Is(err, fs.ErrNotExist) {
		return 0, "", nil // the root of the hierarchy has no such file
	}
	cores, _ = quota.Cores()
	return cores, quota.File, err
}

// Findings implements finding.Source.
func (s *setup) Findings() []finding.Finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	var findings []finding.Finding
	if f, found := s.cpu.finding(); found {
		findings = append(findings, f)
	}
	if s.rate == 0 {
		findings = append(findings, finding.Finding{
			Signal: "setup", State: finding.OK, Cause: causeProfiling,
			Summary: "Heap profiling is off (runtime.MemProfileRate is 0): growth of memory is seen, and nobody can say who grows.",
			Advice:  "Leave runtime.MemProfileRate alone; its default costs about one sample for each 512 KiB allocated.",
		})
	}
	return findings
}

// finding compares GOMAXPROCS with the quota. Go follows the quota by itself since
// 1.25, rounded up and not below 2, unless GOMAXPROCS is set; and never takes more
// than there are.
func (c cpuSetup) finding() (finding.Finding, bool) {
	f := finding.Finding{Signal: "setup", State: finding.OK, Cause: "gomaxprocs", How: []string{"read from " + c.file}}
	fits := min(max(2, int(math.Ceil(c.cores))), c.host)
	switch {
	case c.cores <= 0:
		return f, false
	case c.procs > fits:
		f.Summary = fmt.Sprintf("GOMAXPROCS is %d and the CPU quota is worth %.3g: in a burst the quota is spent early in each period, and then everything stands still.", c.procs, c.cores)
	case float64(c.procs) < min(math.Floor(c.cores), float64(c.host)):
		f.Summary = fmt.Sprintf("GOMAXPROCS is %d and the CPU quota is worth %.3g: the rest of it cannot be used.", c.procs, c.cores)
	default:
		return f, false
	}
	f.Advice = fmt.Sprintf("Leave GOMAXPROCS unset, Go 1.25 and newer follow the quota; or set GOMAXPROCS=%d.", fits)
	return f, true
}

// quotaWords is the quota in words, "" where there is none.
func (s *setup) quotaWords() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cpu.cores <= 0 || s.cpu.cores >= float64(s.cpu.host) {
		return "" // or it holds nothing back
	}
	return fmt.Sprintf("The CPU quota is %.3g of %d processors.", s.cpu.cores, s.cpu.host)
}

// unread says why something is not known.
func (s *setup) unread() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cpu.err
}
