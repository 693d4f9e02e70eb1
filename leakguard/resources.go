package leakguard

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/proc"
	"github.com/govitals/govitals/internal/rtm"
)

// Threads returns the signal "threads": operating system threads of the Go
// runtime. They grow when many goroutines sit in blocking system calls or C code.
func Threads() Signal {
	return threads{rtm.NewReader("/sched/threads/total:threads")}
}

type threads struct{ reader *rtm.Reader }

func (threads) Name() string { return "threads" }

func (threads) Unit() string { return "{thread}" }

func (t threads) Read(context.Context) (reading Reading, err error) {
	t.reader.Read(func(v rtm.Values) {
		reading = Reading{Value: float64(v.Uint64(0)), Load: math.NaN()}
	})
	return reading, nil
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
}

func (*descriptors) Name() string { return "fds" }

func (*descriptors) Unit() string { return "{fd}" }

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
	if err != nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return growthByKind(d.baseline, kinds, n)
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
	return culprits[:min(n, len(culprits))]
}
