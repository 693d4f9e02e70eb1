package leakguard

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/proc"
	"github.com/govitals/govitals/internal/rtm"
)

// Threads returns the signal "threads": operating system threads of the Go
// runtime. They grow when many goroutines sit in blocking system calls or C code,
// and never become fewer, but for those of goroutines that end locked to theirs.
func Threads() Signal { return newThreads() }

func newThreads() threads { return threads{rtm.NewReader("/sched/threads/total:threads")} }

type threads struct{ reader *rtm.Reader }

func (threads) Name() string { return "threads" }

func (threads) Unit() string { return "{thread}" }

// Floor is what a program comes to that uses all of its processors, and now and
// then a file on each: threads that were needed once stay.
func (threads) Floor() float64 { return 16 + float64(runtime.GOMAXPROCS(0)) }

func (t threads) Read(context.Context) (reading Reading, err error) {
	t.reader.Read(func(v rtm.Values) {
		reading = Reading{Value: float64(v.Uint64(0)), Load: math.NaN()}
	})
	return reading, nil
}

// Threads returns the signal of the function [Threads] with culprits: of the
// places where goroutines pile up those that keep a thread each, in a system
// call, in C code or by runtime.LockOSThread. Where no dump could be taken that
// is not known, and every place counts.
func (g *Goroutines) Threads() Signal { return blamedThreads{newThreads(), g} }

type blamedThreads struct {
	threads
	goroutines *Goroutines
}

// Culprits implements [Blamer].
func (t blamedThreads) Culprits(n int) []finding.Culprit {
	var holders []SiteVerdict
	for _, v := range t.goroutines.Verdicts() {
		if v.Stack == "" || v.holdsThread() {
			holders = append(holders, v)
		}
	}
	return culpritsOf(holders, n)
}

// holdsThread reads the first line of a goroutine: "goroutine 7 [syscall, 3
// minutes, locked to thread]:".
func (v *SiteVerdict) holdsThread() bool {
	head, _, _ := strings.Cut(v.Stack, "\n")
	return v.Wait == "syscall" || strings.Contains(head, "locked to thread")
}

// Descriptors returns the signal "fds": open file descriptors, with the limit of
// the process. Its culprits are the kinds that have grown since the first
// reading: sockets, pipes, files of a directory. On other systems than Linux its
// Read returns an error that wraps errors.ErrUnsupported.
func Descriptors() Signal { return &descriptors{} }

// kindsCounted bounds what a look at the kinds costs: one system call each.
const kindsCounted = 4096

type descriptors struct {
	mu       sync.Mutex
	baseline map[string]int // kinds at the first reading
	latest   map[string]int // that could be counted: it takes a descriptor
}

func (*descriptors) Name() string { return "fds" }

func (*descriptors) Unit() string { return "{fd}" }

// Floor is the connections of a few clients more than before.
func (*descriptors) Floor() float64 { return 32 }

func (d *descriptors) Read(context.Context) (Reading, error) {
	if err := d.remember(); err != nil {
		return Reading{}, err
	}
	count, err := proc.Descriptors()
	if err != nil {
		return Reading{}, err
	}
	reading := Reading{Value: float64(count), Load: math.NaN()}
	if limit, err := proc.DescriptorLimit(); err == nil {
		reading.Limit = float64(limit)
	}
	return reading, nil
}

// remember takes the baseline at the first call.
func (d *descriptors) remember() (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.baseline == nil {
		d.baseline, err = proc.DescriptorKinds(kindsCounted)
	}
	return err
}

// Culprits implements [Blamer].
func (d *descriptors) Culprits(n int) []finding.Culprit {
	kinds, err := proc.DescriptorKinds(kindsCounted)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.latest = kinds
	}
	return growthByKind(d.baseline, d.latest, n)
}

// growthByKind returns the kinds that have grown, the largest growth first.
func growthByKind(before, now map[string]int, n int) []finding.Culprit {
	var culprits []finding.Culprit
	total := 0
	for kind, count := range now {
		if growth := count - before[kind]; growth > 0 {
			total += growth
			culprits = append(culprits, finding.Culprit{Name: kind, Share: float64(growth)})
		}
	}
	for i := range culprits {
		culprits[i].Share /= float64(total)
	}
	slices.SortFunc(culprits, func(a, b finding.Culprit) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Name, b.Name))
	})
	return culprits[:max(0, min(n, len(culprits)))]
}
