package cardinality_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/cardinality"
)

// Whatever is admitted, refused, demoted and promoted meanwhile: each scrape finds
// at least what the one before found, and in the end all is there.
func TestConservation(t *testing.T) {
	for _, options := range [][]cardinality.Option{
		{cardinality.MaxSets(50)},
		{cardinality.MaxSets(500), cardinality.MaxValues("path", 40)},
		{cardinality.MaxSets(50), cardinality.Allow("method", "GET", "PUT"), cardinality.Normalize("path", cardinality.RouteTemplate)},
		{cardinality.MaxSets(1)},
	} {
		synctest.Test(t, func(t *testing.T) { conserve(t, options) })
	}
}

func conserve(t *testing.T, options []cardinality.Option) {
	v := cardinality.NewVec([]string{"method", "path"}, newCounter, append(options, cardinality.Retention(time.Second))...)
	var begun, observed atomic.Int64
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for range 50 {
				for range 50 {
					method := []string{"GET", "PUT", "POST"}[random.IntN(3)]
					begun.Add(1)
					v.With(method, pathOf(random)).Add(1)
					observed.Add(1)
				}
				time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
			}
		})
	}
	group.Go(func() {
		last := int64(0)
		for range 75 {
			time.Sleep(33 * time.Millisecond)
			before := observed.Load()
			sum := total(v)
			if sum < last {
				t.Errorf("a scrape found %d after %d", sum, last)
			}
			if begun.Load() == before && sum != before { // nobody was observing
				t.Errorf("a scrape found %d of %d", sum, before)
			}
			last = sum
		}
	})
	group.Wait()
	want(t, "total", total(v), observed.Load())
	stats := v.Guard().Stats()
	t.Logf("%+v", stats)
	if v.Len() > stats.Limit+stats.Limit/16+2 {
		t.Errorf("%d sets at a limit of %d", v.Len(), stats.Limit)
	}
}

// pathOf returns one of some real paths, which come and go with the seconds, or junk.
func pathOf(random *rand.Rand) string {
	if random.IntN(2) == 0 {
		return "/junk/x" + strconv.Itoa(random.IntN(1_000_000))
	}
	return fmt.Sprintf("/real/%c%d", 'a'+random.IntN(30), time.Now().Unix()/5%4)
}

// The same with real time and real parallelism, for the race detector: Delete and
// Reset run too, so only their part of the total may be missing.
func TestConcurrentUse(t *testing.T) {
	v := cardinality.NewVec([]string{"path"}, newCounter, cardinality.MaxSets(30), cardinality.Retention(16*time.Millisecond))
	var group sync.WaitGroup
	stop := make(chan struct{})
	run := func(do func(random *rand.Rand)) {
		group.Go(func() {
			for random := rand.New(rand.NewPCG(1, 2)); ; {
				select {
				case <-stop:
					return
				default:
					do(random)
				}
			}
		})
	}
	handle := v.Handle("/kept")
	run(func(random *rand.Rand) { v.With(pathOf(random)).Add(1) })
	run(func(random *rand.Rand) { v.With1(pathOf(random)).Add(1); handle.Get().Add(1) })
	run(func(random *rand.Rand) {
		for range v.All() {
			for range v.Sets() {
				break
			}
		}
		v.Guard().Findings()
	})
	run(func(random *rand.Rand) {
		v.Delete(pathOf(random))
		v.DeleteFunc(func(values []string) bool { return random.IntN(100) == 0 })
		if random.IntN(100) == 0 {
			v.Reset()
		}
	})
	time.Sleep(150 * time.Millisecond)
	close(stop)
	group.Wait()
	stats := v.Guard().Stats()
	v.Reset()
	want(t, "sets after Reset", v.Len(), 0)
	flood(v, 0, 31)
	want(t, "total", total(v), 31)
	if stats.Sets > 32 {
		t.Errorf("%+v", stats)
	}
}
