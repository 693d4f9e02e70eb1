package leakguard

import (
	"context"
	"math"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/govitals/govitals/internal/stacks"
)

// CheckLabel is the key of the pprof label that [Check] gives to the goroutine
// of a test, and that all goroutines inherit which the test starts.
const CheckLabel = "leakguard.check"

// runLabel tells the checks of a process apart. Its value is the name of the
// test and a number, as the same test may run again: "TestServe/tls#17".
type runLabel struct {
	name   string
	number uint64
}

var lastNumber atomic.Uint64

// newRunLabel sets the label on the goroutine that calls. Other labels of the
// goroutine are lost: the runtime lets nobody read them.
func newRunLabel(name string) runLabel {
	r := runLabel{name, lastNumber.Add(1)}
	value := name + "#" + strconv.FormatUint(r.number, 10)
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(CheckLabel, value)))
	return r
}

// owns reports whether a label was set by this check or by a later one of the
// same test or of its subtests.
func (r runLabel) owns(value string) bool {
	at := strings.LastIndexByte(value, '#')
	if at < 0 {
		return false
	}
	number, err := strconv.ParseUint(value[at+1:], 10, 64)
	if err != nil || number < r.number {
		return false
	}
	name := value[:at]
	return number == r.number || r.name != "" && (name == r.name || strings.HasPrefix(name, r.name+"/"))
}

// labelled is who has which label, by site.
type labelled struct {
	mine   map[stacks.Site]int // the label of this check
	others map[stacks.Site]int // that of another one
	free   map[stacks.Site]int // that of none
}

func (r runLabel) sort(samples []stacks.Sample) labelled {
	l := labelled{make(map[stacks.Site]int), make(map[stacks.Site]int), make(map[stacks.Site]int)}
	for i := range samples {
		s := &samples[i]
		if isStandardRoot(s.Site.Root) || isProfiling(s.Site) {
			continue
		}
		value, ok := s.Label(CheckLabel)
		switch {
		case !ok:
			l.free[s.Site] += s.Count
		case r.owns(value):
			l.mine[s.Site] += s.Count
		default:
			l.others[s.Site] += s.Count
		}
	}
	return l
}

// freeAt returns how many goroutines at the place of one may be without label.
// One that is parked where the profile saw nobody has moved there since; it
// counts as without, rather than being passed over.
func (l labelled) freeAt(g *stacks.Goroutine) int {
	_, free := countAt(l.free, g)
	_, mine := countAt(l.mine, g)
	_, others := countAt(l.others, g)
	if free+mine+others == 0 && g.State != "running" && g.State != "runnable" {
		return math.MaxInt
	}
	return free
}

// isProfiling reports whether a goroutine takes the profile: it is the one that
// checks, or waits for its turn to.
func isProfiling(site stacks.Site) bool { return strings.HasPrefix(site.Leaf, "runtime/pprof.") }

// countAt returns the count of a goroutine's site, and the key it is under.
func countAt(counts map[stacks.Site]int, g *stacks.Goroutine) (stacks.Site, int) {
	site := g.Site()
	if n := counts[site]; n > 0 {
		return site, n
	}
	return site.Deep(), counts[site.Deep()]
}

// lookByLabel finds who inherited the label of the check, or descends from its
// goroutine. The profile knows labels and counts, the dump ids and ancestors:
// they are put together by site, within which goroutines count as equal. The
// dump, for which the world stops, is spared if all goroutines belong to other
// tests.
func (s *search) lookByLabel() (*look, error) {
	l, err := s.newLook()
	if err != nil {
		return nil, err
	}
	samples, err := stacks.Labelled()
	if err != nil {
		return nil, err
	}
	by := s.label.sort(samples)
	if len(by.mine)+len(by.free) == 0 {
		return l, nil
	}
	d, err := s.dump()
	if err != nil {
		return nil, err
	}
	l.from(d)
	newAttribution(s, d, by).into(l)
	return l, nil
}
