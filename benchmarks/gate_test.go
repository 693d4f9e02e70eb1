package benchmarks

import (
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govitals/govitals/heap"
)

const (
	looping  = 4                // clients that ask for the heap profile again and again
	pace     = time.Millisecond // from the end of a unit of the victim's work to the next
	roundFor = 700 * time.Millisecond
)

// BenchmarkGate measures what debug requests do to the service that answers
// them: how long a unit of its work takes, from the moment it is due, while four
// clients loop over the heap profile. The process has 4 M objects and 20,000
// goroutines. Each iteration runs idle, net/http/pprof, heap.Handler and, because
// answering takes time too, a handler of ready bytes in turn; the figures are
// medians of the iterations, as ratios to idle in the same one.
//
// The clients ask again at once, or after a pause. The handler answers them at a
// pace of its own once they have used up what it gives at once, which is before
// the round is timed.
func BenchmarkGate(b *testing.B) {
	defer crowd(b, 4<<20, 20_000)()
	for _, pause := range []time.Duration{0, 5 * time.Millisecond} {
		b.Run("pause="+pause.String(), func(b *testing.B) { benchmarkGate(b, pause) })
	}
}

func benchmarkGate(b *testing.B, pause time.Duration) {
	theirs, ours := serveHeap(b, pprof.Handler("heap")), serveHeap(b, heap.Handler(heap.HandlerConfig{}))
	ready := serveHeap(b, readyBytes())
	var idle, peer, gated, floor series
	for b.Loop() {
		idle.add(victim(b, "", pause))
		peer.add(victim(b, theirs, pause))
		gated.add(victim(b, ours, pause))
		floor.add(victim(b, ready, pause))
	}
	b.ReportMetric(0, "ns/op") // the length of a round says nothing
	idle.report(b, idle, "idle")
	peer.report(b, idle, "pprof")
	gated.report(b, idle, "heap.Handler")
	floor.report(b, idle, "ready-bytes")
	b.ReportMetric(median(ratios(gated.p50, floor.p50)), "heap.Handler/ready-bytes-p50")
	b.ReportMetric(median(ratios(gated.p99, floor.p99)), "heap.Handler/ready-bytes-p99")
}

// readyBytes returns a handler that writes a heap profile taken before.
func readyBytes() http.Handler {
	w := httptest.NewRecorder()
	pprof.Handler("heap").ServeHTTP(w, local(""))
	return http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write(w.Body.Bytes()) })
}

// BenchmarkUnchangedHeap compares the answer to a client that has the profile of
// the latest collection with an answer of net/http/pprof.
func BenchmarkUnchangedHeap(b *testing.B) {
	defer crowd(b, 4<<20, 1_000)()
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	ours := heap.Handler(heap.HandlerConfig{})
	tag := tagOf(b, ours)
	var slow atomic.Int64
	race(b,
		contestant{"304", 100, func() {
			if took := timeOf304(b, ours, tag); took > time.Millisecond {
				slow.Add(1)
			}
		}},
		contestant{"pprof", 1, func() { pprof.Handler("heap").ServeHTTP(httptest.NewRecorder(), local("")) }},
	)
	b.ReportMetric(float64(slow.Load())/float64(b.N), "%-over-1ms") // of 100 in each round
}

// crowd fills the heap from many places and starts goroutines.
func crowd(b *testing.B, objects, goroutines int) (release func()) {
	b.Helper()
	kept := make([]*[64]byte, objects)
	for i := range kept {
		plant(kept, i, i%64)
	}
	stop := make(chan struct{})
	for range goroutines {
		go func() { <-stop }()
	}
	runtime.GC()
	runtime.GC()
	return func() { close(stop); runtime.KeepAlive(kept) }
}

// plant allocates at a depth, so that the profile has more than one stack.
//
//go:noinline
func plant(kept []*[64]byte, i, depth int) {
	if depth == 0 {
		kept[i] = new([64]byte)
		return
	}
	plant(kept, i, depth-1)
}

func serveHeap(b *testing.B, h http.Handler) (url string) {
	b.Helper()
	mux := http.NewServeMux()
	mux.Handle("/debug/heap", h)
	server := httptest.NewServer(mux)
	b.Cleanup(server.Close)
	return server.URL + "/debug/heap"
}

// outcome is what a round of the victim was like.
type outcome struct {
	p50, p99 time.Duration
	units    int
	requests int64
}

// victim works for a round while clients loop over url, or alone if that is "".
func victim(b *testing.B, url string, pause time.Duration) outcome {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	var clients sync.WaitGroup
	var requests atomic.Int64
	for range looping {
		if url != "" {
			clients.Go(func() { loop(ctx, url, pause, &requests) })
		}
	}
	time.Sleep(50 * time.Millisecond) // until all have begun
	requests.Store(0)
	var took []time.Duration
	for end := time.Now().Add(roundFor); time.Now().Before(end); {
		due := time.Now().Add(pace)
		time.Sleep(pace)
		work()
		took = append(took, time.Since(due))
	}
	n := requests.Load()
	stop()
	clients.Wait()
	if url != "" && n == 0 {
		b.Error("no request was answered")
	}
	slices.Sort(took)
	return outcome{p50: took[len(took)/2], p99: took[len(took)*99/100], units: len(took), requests: n}
}

var block [64 << 10]byte

// work is a unit of some hundred microseconds.
func work() { sha256.Sum256(block[:]) }

func loop(ctx context.Context, url string, pause time.Duration, requests *atomic.Int64) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return
		}
		response, err := client.Do(r)
		if err != nil {
			continue
		}
		if _, err := io.Copy(io.Discard, response.Body); err == nil && response.StatusCode == http.StatusOK {
			requests.Add(1)
		}
		response.Body.Close()
		time.Sleep(pause)
	}
}

// series is what the rounds of a contestant were like.
type series struct{ p50, p99, units, requests []float64 }

func (s *series) add(o outcome) {
	s.p50 = append(s.p50, float64(o.p50))
	s.p99 = append(s.p99, float64(o.p99))
	s.units = append(s.units, float64(o.units))
	s.requests = append(s.requests, float64(o.requests))
}

// report gives the medians of the ratios to idle, round by round.
func (s *series) report(b *testing.B, idle series, name string) {
	if name == "idle" {
		b.ReportMetric(median(s.p50)/1e6, "idle-p50-ms")
		b.ReportMetric(median(s.p99)/1e6, "idle-p99-ms")
		return
	}
	b.ReportMetric(median(ratios(s.p50, idle.p50)), name+"/idle-p50")
	b.ReportMetric(median(ratios(s.p99, idle.p99)), name+"/idle-p99")
	b.ReportMetric(median(ratios(s.units, idle.units)), name+"/idle-units")
	b.ReportMetric(median(s.requests), name+"-requests")
}

func ratios(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] / b[i]
	}
	return out
}

func local(tag string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://localhost/debug/heap", nil)
	r.RemoteAddr = "127.0.0.1:40000"
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	return r
}

// tagOf returns the ETag of the profile. The handler gives none until the
// profile of the latest collection is final.
func tagOf(b *testing.B, h http.Handler) string {
	b.Helper()
	for range 10 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, local(""))
		if tag := w.Header().Get("Etag"); tag != "" {
			return tag
		}
		time.Sleep(time.Second)
	}
	b.Fatal("the profile has no ETag, though nothing is collected")
	return ""
}

func timeOf304(b *testing.B, h http.Handler, tag string) time.Duration {
	w, r := httptest.NewRecorder(), local(tag)
	start := time.Now()
	h.ServeHTTP(w, r)
	took := time.Since(start)
	if w.Code != http.StatusNotModified {
		b.Fatalf("got %d for %s, want 304", w.Code, tag)
	}
	return took
}
