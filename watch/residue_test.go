package watch

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/sim"
)

// lived makes points of a recorded life, one every ten minutes, and reports whether
// the detector speaks and how long after the life had become level.
func lived(life sim.Life, every int) (fired bool, after time.Duration) {
	var points []workPoint
	var last time.Time
	work := 0.0
	for i, p := range life.Points {
		if p.New == sim.Restart || p.Load == sim.Untold {
			points, work, last = nil, 0, p.At
			continue
		}
		if !last.IsZero() {
			work += p.Load * p.At.Sub(last).Seconds()
		}
		last = p.At
		if i%10 != 0 {
			continue
		}
		points = append(points, workPoint{p.At.Sub(life.Points[0].At).Seconds(), work, p.Value})
		points = points[max(0, len(points)-keptPoints):]
		if i%every == 0 {
			if r := left(points); r.piles(worthBytes) {
				return true, p.At.Sub(life.Settled)
			}
		}
	}
	return false, 0
}

// Healthy lives with days, batches, caches, tenants and restarts: growth while they warm
// up is not told apart, later at most 2 % may be accused in 72 hours.
func TestHealthyLivesDoNotPileUp(t *testing.T) {
	const seeds = 4
	lives, accused := 0, 0
	for _, family := range sim.Families() {
		for seed := range uint64(seeds) {
			lives++
			if fired, after := lived(family.Make(seed, 0), 120); fired && after > 6*time.Hour {
				accused++
				t.Logf("%s, seed %d: %v after it was level", family.Name, seed, after)
			}
		}
	}
	if accused > lives/50 {
		t.Errorf("%d of %d healthy lives are accused, want at most 2 %%", accused, lives)
	}
}

// worked makes points of a service whose requests leave something behind, and time too.
func worked(seed uint64, n int, load course, each, perSecond, byLoad, noise float64) (points []workPoint) {
	r := rand.New(rand.NewPCG(seed, 3))
	rate, work, held := load(r), 0.0, 0.0
	for i := range n {
		now := max(0, rate(i))
		work += now * 60
		held += now*60*each + 60*perSecond
		points = append(points, workPoint{float64(i) * 60, work, 100*mib + held + byLoad*now + noise*r.NormFloat64()})
	}
	return points
}

const mib = 1 << 20

func TestWhatARequestLeavesIsFound(t *testing.T) {
	for seed := range uint64(20) {
		r := left(worked(seed, 200, daily, 100, 0, 10_000, 500_000))
		if !r.piles(worthBytes) || r.each < 60 || r.each > 140 {
			t.Errorf("seed %d: a request leaves %v (%v to %v), want 100", seed, r.each, r.least, r.most)
		}
	}
	inside := 0
	for seed := range uint64(200) {
		if r := left(worked(seed, 100, noisy(100, 0, 30), 100, 0, 0, 100_000)); r.least <= 100 && 100 <= r.most {
			inside++
		}
	}
	if inside < 170 {
		t.Errorf("100 is between the bounds in %d of 200 lives, want 95 %% or not far from it", inside)
	}
}

// What leaks by time must not be laid on the requests, nor what is held for each of
// those that run.
func TestRequestsAreNotAccusedOfWhatTimeDoes(t *testing.T) {
	accused := 0
	for seed := range uint64(50) {
		for _, points := range [][]workPoint{
			worked(seed, 250, daily, 0, 10_000, 0, 500_000),
			worked(seed, 250, daily, 0, 0, 1*mib, 500_000),
			worked(seed, 250, noisy(100, 0, 5), 0, 10_000, 1*mib, 500_000),
			worked(seed, 250, noisy(100, 0, 0), 100, 0, 0, 500_000), // the same load all the time: nobody can tell
		} {
			if r := left(points); r.piles(worthBytes) {
				accused++
			}
		}
	}
	if accused > 4 {
		t.Errorf("%d of 200 are accused, want at most 2 %%", accused)
	}
}

// A goroutine for each run of a job, and a job that runs in every third interval.
func TestWhatARunLeaves(t *testing.T) {
	var points []workPoint
	for i := range 100 {
		runs := float64(i / 3)
		points = append(points, workPoint{float64(i), runs, 12 + runs})
	}
	if r := left(points); !r.piles(worthGoroutines) || math.Abs(r.each-1) > 1e-6 || r.work != 33 {
		t.Errorf("said %+v, want one for each of 33 runs", r)
	}
}

func FuzzLeft(f *testing.F) {
	f.Add(uint64(1), 40, 1.0, 1.0)
	f.Fuzz(func(t *testing.T, seed uint64, n int, work, value float64) {
		r := rand.New(rand.NewPCG(seed, 1))
		var points []workPoint
		done := 0.0
		for i := range n & 511 {
			done += math.Abs(work) * float64(r.IntN(3))
			points = append(points, workPoint{float64(i), done, value * float64(r.IntN(10))})
		}
		if said := left(points); said.piles(1) && !(said.each > 0 && said.least <= said.most) {
			t.Errorf("%+v", said)
		}
	})
}
