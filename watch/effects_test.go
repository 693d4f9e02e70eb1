package watch

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/conform"
)

func TestEffectsLifecycle(t *testing.T) {
	conform.Lifecycle(t, &Effects{}, func() conform.Starter {
		return NewEffects(EffectsConfig{InFlight: NewInFlight(InFlightConfig{})})
	})
}

// world is a service whose memory the test sets.
type world struct {
	live       float64
	goroutines atomic.Int64
	cycles     uint64
	requests   *InFlight
	jobs       []*Job
	effects    *Effects
}

func newWorld(t *testing.T) *world {
	w := &world{live: 100 * mib, requests: NewInFlight(InFlightConfig{})}
	w.jobs = []*Job{NewJob(JobConfig{Name: "refresh", Every: 97 * time.Second, NoJitter: true})}
	w.effects = NewEffects(EffectsConfig{InFlight: w.requests, Jobs: w.jobs, Every: time.Minute})
	w.effects.read = func() usageNow {
		w.cycles++
		return usageNow{time.Now(), uint64(w.live), w.cycles, int(w.goroutines.Load())}
	}
	t.Cleanup(func() { _ = w.effects.Close() })
	return w
}

// lives lets minutes pass with some requests in each.
func (w *world) lives(t *testing.T, minutes int, each func(minute int) (requests int, takes time.Duration)) {
	for minute := range minutes {
		n, takes := each(minute)
		began := time.Now()
		for range n {
			work := w.requests.Begin(t.Context(), "GET /report")
			time.Sleep(takes)
			work.End(OK)
		}
		time.Sleep(time.Minute - time.Since(began))
		w.effects.step(t.Context())
	}
}

func saidBy(e *Effects, signal string) (f finding.Finding) {
	for _, f := range e.Findings() {
		if f.Signal == signal {
			return f
		}
	}
	return f
}

func TestResponseTimeFollowsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, r := newWorld(t), rand.New(rand.NewPCG(1, 1))
		w.lives(t, 30, func(int) (int, time.Duration) { return 3, time.Millisecond })
		if all := w.effects.Findings(); len(all) != 0 {
			t.Errorf("said %v of 30 points", all)
		}
		w.lives(t, 100, func(int) (int, time.Duration) {
			w.live = mib * (100 + 300*r.Float64())
			return 10 + r.IntN(10), time.Duration(w.live/mib/10) * time.Millisecond
		})
		f := saidBy(w.effects, latencySignal)
		if f.State != finding.Suspect || !strings.Contains(f.Summary, "RESPONSE TIME FOLLOWS MEMORY: GET /report takes ") ||
			!strings.Contains(f.Summary, "MiB are live, and ") || len(f.Culprits) != 1 || len(f.How) == 0 {
			t.Errorf("said %+v", f)
		}
		if got := collect(t, w.effects)["effects.latency_memory_correlation GET /report"]; got < 0.5 || got > 1 {
			t.Errorf("the correlation is %v", got)
		}
		if f := saidBy(w.effects, workSignal); f.State != finding.OK {
			t.Errorf("requests are accused: %+v", f)
		}
	})
}

func TestEachRequestLeavesSomething(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, r := newWorld(t), rand.New(rand.NewPCG(1, 1))
		w.lives(t, 100, func(minute int) (int, time.Duration) {
			n := 50 + r.IntN(50)
			w.live += float64(n)*4096 + 20000*r.NormFloat64()
			return n, time.Duration(10+r.IntN(5)) * time.Millisecond
		})
		f := saidBy(w.effects, workSignal)
		if f.State != finding.Growing || !strings.Contains(f.Summary, "EACH REQUEST LEAVES 4.") || !strings.Contains(f.Summary, " KiB BEHIND. Live memory grew by 2") {
			t.Errorf("said %+v", f)
		}
		if f := saidBy(w.effects, latencySignal); f.State != finding.OK {
			t.Errorf("memory is accused: %+v", f)
		}
		if got := collect(t, w.effects)["effects.memory_left request"]; math.Abs(got-4096) > 400 {
			t.Errorf("a request leaves %v bytes, want 4096", got)
		}
	})
}

// Whether a request leaves something or a second does cannot be told where there are
// always as many requests; it is not denied either.
func TestTheSameLoadAllTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.lives(t, 60, func(int) (int, time.Duration) {
			w.live += mib
			return 50, time.Millisecond
		})
		f := saidBy(w.effects, workSignal)
		want := "Live memory grew by 58.0 MiB in 58m, with 2,900 requests: by the work or by time cannot be told, since there was always about as much of it."
		if f.State != finding.OK || f.Summary != want {
			t.Errorf("said %v: %s\nwant %s", f.State, f.Summary, want)
		}
	})
}

// A thread for each run of a task: the job runs in some minutes and not in others.
func TestEachRunLeavesAGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer run(t, w.jobs[0], func(context.Context) error { w.goroutines.Add(1); return nil })()
		w.lives(t, 60, func(int) (int, time.Duration) { return 0, 0 })
		f := saidBy(w.effects, workSignal)
		want := "EACH RUN OF refresh LEAVES 1 goroutine BEHIND. The number of goroutines grew by 36 goroutines in 58m, with 36 runs of refresh."
		if f.State != finding.Growing || !strings.HasPrefix(f.Summary, want) {
			t.Errorf("said %+v, want %s", f, want)
		}
	})
}

// Between two collections live memory is what it was: that is not a point.
func TestPointsAreCollections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.effects.read = func() usageNow { return usageNow{time.Now(), 1, 7, 1} }
		w.lives(t, 100, func(int) (int, time.Duration) { return 1, time.Millisecond })
		if n := len(w.effects.points); n != 0 {
			t.Errorf("%d points of one collection", n)
		}
	})
}

func TestEffectsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for point := range keptPoints + 50 {
			for i := range 100 {
				w.requests.Begin(t.Context(), "route "+string(rune('A'+i))).End(OK)
			}
			time.Sleep(time.Minute)
			if point < keptPoints+48 { // without judging at each
				w.effects.mu.Lock()
				w.effects.take(w.effects.read())
				w.effects.mu.Unlock()
			} else {
				w.effects.step(t.Context())
			}
		}
		if n := len(w.effects.points); n != keptPoints {
			t.Errorf("%d points are kept, want %d", n, keptPoints)
		}
		if n := len(w.effects.judged); n != effectRoutes {
			t.Errorf("%d routes are judged, want %d", n, effectRoutes)
		}
	})
}

// A route that is new after as many points as are kept is followed like the first.
func TestRoutesThatComeLateAreFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		minutes := func(n int, routes ...string) {
			for range n {
				for _, route := range routes {
					w.requests.Begin(t.Context(), route).End(OK)
				}
				time.Sleep(time.Minute)
				w.effects.mu.Lock()
				w.effects.take(w.effects.read())
				w.effects.mu.Unlock()
			}
		}
		minutes(keptPoints+2, "early")
		minutes(fewestPoints+2, "early", "late")
		w.effects.judge()
		if len(w.effects.judged) != 2 {
			t.Errorf("%d routes are judged, want 2", len(w.effects.judged))
		}
		minutes(keptPoints+2, "late")
		if got := w.effects.routes[0].name; got != "" {
			t.Errorf("%q has had no request for as long as points are kept, and keeps its place", got)
		}
	})
}

func TestEffectsReadTheRuntime(t *testing.T) {
	kept := make([]byte, 10<<20)
	runtime.GC()
	now := usageReader()()
	if now.live < 10<<20 || now.cycles == 0 || now.goroutines < 2 || now.at.IsZero() {
		t.Errorf("said %+v after a collection, with %d bytes in use", now, len(kept))
	}
	runtime.KeepAlive(kept)
}

func TestEffectsConfigValidate(t *testing.T) {
	inflight := NewInFlight(InFlightConfig{})
	many := make([]*Job, MaxEffectJobs+1)
	for i := range many {
		many[i] = NewJob(JobConfig{Name: "j" + string(rune('a'+i)), Every: time.Second})
	}
	wantRefused(t, map[string]EffectsConfig{
		"InFlight and Jobs are empty": {}, `Jobs has 17 jobs, the first too many is "jq"`: {Jobs: many},
		"Jobs[0] is nil": {Jobs: []*Job{nil}}, "Every is -1s": {InFlight: inflight, Every: -time.Second}, "Every is 1ms": {InFlight: inflight, Every: time.Millisecond},
	})
}

func TestEffectsKeepsJobsOfItsOwn(t *testing.T) {
	jobs := []*Job{NewJob(JobConfig{Name: "a", Every: time.Minute})}
	e := NewEffects(EffectsConfig{Jobs: jobs})
	if jobs[0] = nil; e.config.Jobs[0] == nil {
		t.Error("the slice of the caller is used")
	}
}
