package heap

import (
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"
	"time"
)

const simRate = 512 << 10

// simSite allocates objects of one size in cohorts that die as a whole.
type simSite struct {
	stack   []uintptr
	size    int64
	cohorts []cohort
	keep    int // cohorts that live; 0: all

	allocs, frees int64 // sampled objects
}

// cohort is a number of objects, and how many of them were sampled.
type cohort struct{ objects, samples int64 }

// sampleOf draws how many of n objects the runtime samples: points lie on the
// stretch of allocated bytes at exponential distances, and a new one is drawn
// behind each object that was hit (GOROOT/src/runtime/malloc.go, nextSample).
func sampleOf(rng *rand.Rand, n, size int64) (samples int64) {
	for at := rng.ExpFloat64() * simRate; at < float64(n*size); {
		samples++
		behind := (int64(at)/size + 1) * size
		at = float64(behind) + rng.ExpFloat64()*simRate
	}
	return samples
}

func (s *simSite) allocate(rng *rand.Rand, bytes int64) {
	c := cohort{objects: bytes / s.size}
	c.samples = sampleOf(rng, c.objects, s.size)
	s.cohorts = append(s.cohorts, c)
	s.allocs += c.samples
	if s.keep > 0 && len(s.cohorts) > s.keep {
		s.frees += s.cohorts[0].samples
		s.cohorts = s.cohorts[1:]
	}
}

// truth is what the site holds, which no profile knows.
func (s *simSite) truth() (bytes int64) {
	for _, c := range s.cohorts {
		bytes += c.objects * s.size
	}
	return bytes
}

func (s *simSite) record() (r runtime.MemProfileRecord) {
	r.AllocObjects, r.FreeObjects = s.allocs, s.frees
	r.AllocBytes, r.FreeBytes = r.AllocObjects*s.size, r.FreeObjects*s.size
	copy(r.Stack0[:], s.stack)
	return r
}

// Two functions to blame in simulated stacks.
func plantedLeak() {}
func plantedCache() {
	panic("never called") // so that it differs from plantedLeak
}

// returnsInto makes an address that the symbol table finds in a function.
func returnsInto(f func()) uintptr { return reflect.ValueOf(f).Pointer() + 1 }

// simulate replays 8 readings of a heap of some 300 MB, of sites that stand
// still, caches that come and go, and one leak. It returns the Sites and the
// true growth by stack.
func simulate(seed uint64, leak int64) (*Sites, map[[2]uintptr]int64) {
	const steps = 8
	rng := rand.New(rand.NewPCG(seed, 1))
	var sites []*simSite
	add := func(f func(), size int64, keep int) *simSite {
		sites = append(sites, &simSite{stack: []uintptr{returnsInto(f), uintptr(1 + len(sites))}, size: size, keep: keep})
		return sites[len(sites)-1]
	}
	for range 20 {
		add(plantedCache, 1<<(5+rng.IntN(14)), 0).allocate(rng, int64(rng.IntN(12<<20)))
	}
	var caches []*simSite
	for range 40 {
		caches = append(caches, add(plantedCache, 1<<(5+rng.IntN(14)), 2+rng.IntN(4)))
	}
	leaky := add(plantedLeak, 1<<(5+rng.IntN(10)), 0)
	mean := make([]int, len(caches))
	for i := range mean {
		mean[i] = 1 + rng.IntN(2<<20)
	}
	churn := func() {
		for i, c := range caches {
			c.allocate(rng, int64(mean[i]/2+rng.IntN(mean[i])))
		}
	}
	for range 6 {
		churn() // fill them
	}
	s := NewSites()
	s.rate = func() int { return simRate }
	truth := map[[2]uintptr]int64{}
	for i, site := range sites {
		truth[[2]uintptr(sites[i].stack)] = -site.truth()
	}
	for step := range steps {
		records := make([]runtime.MemProfileRecord, 0, len(sites))
		for _, site := range sites {
			records = append(records, site.record())
		}
		s.StepAt(time.Unix(int64(step)*600, 0), records)
		if step < steps-1 {
			leaky.allocate(rng, leak/(steps-1))
			churn()
			churn()
		}
	}
	for i, site := range sites {
		truth[[2]uintptr(sites[i].stack)] += site.truth()
	}
	return s, truth
}

func TestLeakAmongCachesRanksFirst(t *testing.T) {
	for _, leak := range []struct {
		bytes  int64
		within int // it must rank so …
		least  int // … in so many of 20 runs
	}{
		{3 << 20, 5, 15}, // 6 samples: by chance some cache grows as much
		{10 << 20, 1, 19},
		{30 << 20, 1, 20},
	} {
		found := 0
		for seed := range uint64(20) {
			s, _ := simulate(5000+seed, leak.bytes)
			for _, g := range s.Growth(leak.within) {
				if g.Func == "github.com/govitals/govitals/heap.plantedLeak" {
					found++
				}
			}
		}
		t.Logf("a leak of %d MiB is among the first %d in %d of 20 runs", leak.bytes>>20, leak.within, found)
		if found < leak.least {
			t.Errorf("want at least %d of 20 runs", leak.least)
		}
	}
}

func TestIntervalHoldsTheTruth(t *testing.T) {
	var leaks, leaksHeld, all, held int
	for seed := range uint64(100) {
		s, truth := simulate(1000+seed, 10<<20)
		top, _ := s.top(1000)
		for i := range top {
			g := &top[i]
			truth := truth[[2]uintptr(g.Stack())]
			hit := 0
			if g.Low <= truth && truth <= g.High {
				hit = 1
			}
			all, held = all+1, held+hit
			if g.Stack()[0] == returnsInto(plantedLeak) {
				leaks, leaksHeld = leaks+1, leaksHeld+hit
			}
		}
	}
	t.Logf("within the bounds: %d of %d leaks, %d of %d sites", leaksHeld, leaks, held, all)
	if leaks < 100 || leaksHeld < leaks*9/10 || held < all*9/10 {
		t.Error("want nine in ten")
	}
}
