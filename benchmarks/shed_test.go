package benchmarks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/eventloop"
)

const (
	// shedFor is how long a server is overloaded, shedWarm what is left out at the
	// beginning of it: all answers but those to the first requests are compared.
	shedFor  = 3 * time.Second
	shedWarm = time.Second
	// shedWork is the processor time that a request takes.
	shedWork = 2 * time.Millisecond
	// shedOverload is how much more than it can do the server is asked for.
	shedOverload = 2.5
	// shedMaxLag is what the Shedder is told, shedTarget what requests may take:
	// five times as much, as its documentation says.
	shedMaxLag = 50 * time.Millisecond
	shedTarget = 5 * shedMaxLag
)

// busy uses the processor for a while. It counts work and not time: a goroutine that
// was not run for a moment has as much to do as before.
func busy(rounds int) (x uint32) {
	x = 1
	for range rounds {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
	}
	return x
}

// roundsFor returns the rounds that take a time on this machine now: the median of
// some tries.
func roundsFor(d time.Duration) int {
	const rounds = 1 << 20
	var took []float64
	for range 15 {
		start := time.Now()
		if busy(rounds) == 0 {
			panic("a shift register never gets to zero")
		}
		took = append(took, float64(time.Since(start)))
	}
	return int(rounds * float64(d) / median(took))
}

// answers are what the clients of a server got.
type answers struct {
	mu       sync.Mutex
	admitted []float64 // how long those took, in ms, sorted in the end
	refused  []float64
}

func (a *answers) note(code int, took time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if code == http.StatusOK {
		a.admitted = append(a.admitted, float64(took)/1e6)
	} else {
		a.refused = append(a.refused, float64(took)/1e6)
	}
}

// overload sends a handler more requests than it can answer, at random instants and
// whether or not those before were answered, as many clients do. Each is a goroutine
// in this process that became ready at its instant: what it takes is counted from
// there.
func overload(handler http.Handler) *answers {
	a := &answers{}
	every := float64(shedWork) / float64(runtime.GOMAXPROCS(0)) / shedOverload
	var group sync.WaitGroup
	start := time.Now()
	due := time.Duration(0)
	for due < shedFor {
		time.Sleep(time.Until(start.Add(due)))
		for ; time.Since(start) >= due && due < shedFor; due += time.Duration(rand.ExpFloat64() * every) {
			at := due
			group.Go(func() {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
				if at >= shedWarm {
					a.note(w.Code, time.Since(start)-at)
				}
			})
		}
	}
	group.Wait()
	slices.Sort(a.admitted)
	slices.Sort(a.refused)
	return a
}

// at returns a quantile in milliseconds, 0 if there is nothing.
func at(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// shedOnce overloads a server with or without a Shedder.
func shedOnce(b *testing.B, rounds int, sheds bool) *answers {
	b.Helper()
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, busy(rounds))
	})
	probe, err := eventloop.New(eventloop.Config{})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	if err := probe.Start(ctx); err != nil {
		b.Fatal(err)
	}
	defer probe.Close()
	if sheds {
		handler = eventloop.Shed(handler, eventloop.ShedConfig{Probe: probe, MaxLag: shedMaxLag})
	}
	return overload(handler)
}

// BenchmarkShed overloads a server two and a half times, in turns with a Shedder and
// without.
//
//	go test -run '^$' -bench 'Shed$' -benchtime 2x
func BenchmarkShed(b *testing.B) {
	figures := map[string][]float64{}
	for b.Loop() {
		rounds := roundsFor(shedWork)
		without, with := shedOnce(b, rounds, false), shedOnce(b, rounds, true)
		for name, value := range map[string]float64{
			"unshed-p50-ms": at(without.admitted, 0.5), "unshed-p99-ms": at(without.admitted, 0.99),
			"shed-p50-ms": at(with.admitted, 0.5), "shed-p99-ms": at(with.admitted, 0.99),
			"refused-p99-ms":     at(with.refused, 0.99),
			"unshed/shed-p99":    at(without.admitted, 0.99) / at(with.admitted, 0.99),
			"shed-p99/target":    at(with.admitted, 0.99) / (float64(shedTarget) / 1e6),
			"answered-in-target": float64(inTime(with)) / float64(max(1, inTime(without))),
			"refused-%":          100 * float64(len(with.refused)) / float64(len(with.refused)+len(with.admitted)),
		} {
			figures[name] = append(figures[name], value)
		}
	}
	b.ReportMetric(0, "ns/op")
	for name, all := range figures {
		b.ReportMetric(median(all), name)
	}
}

// inTime counts the answers that came within the target.
func inTime(a *answers) (n int) {
	n, _ = slices.BinarySearch(a.admitted, float64(shedTarget)/1e6)
	return n
}

// BenchmarkShedAdmission compares a handler behind a Shedder that refuses nothing with
// the handler alone.
//
//	go test -run '^$' -bench ShedAdmission -benchtime 200x
func BenchmarkShedAdmission(b *testing.B) {
	probe, err := eventloop.New(eventloop.Config{})
	if err != nil {
		b.Fatal(err)
	}
	var plain http.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	shed := eventloop.Shed(plain, eventloop.ShedConfig{Probe: probe})
	r := httptest.NewRequest("GET", "/", nil)
	race(b,
		contestant{"shed", 20_000, func() { shed.ServeHTTP(nil, r) }},
		contestant{"plain", 20_000, func() { plain.ServeHTTP(nil, r) }},
	)
}
