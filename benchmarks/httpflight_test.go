package benchmarks

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/singleflight/httpflight"
)

const (
	sharedBody = 8 << 20
	sharedLoad = 500 * time.Millisecond
)

// produce writes the body in 128 pieces over half a second.
func produce(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(sharedBody))
	piece := make([]byte, sharedBody/128)
	begin := time.Now()
	for i := range 128 {
		time.Sleep(time.Until(begin.Add(sharedLoad * time.Duration(i) / 128)))
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
	time.Sleep(time.Until(begin.Add(sharedLoad)))
}

// buffered is the usual way: one load by x/sync/singleflight, and the whole body
// to everyone when it is there.
func buffered() http.Handler {
	var group singleflight.Group
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _, _ := group.Do("", func() (any, error) {
			recorder := httptest.NewRecorder()
			produce(recorder, r)
			return recorder.Body.Bytes(), nil
		})
		w.Header().Set("Content-Length", strconv.Itoa(sharedBody))
		_, _ = w.Write(body.([]byte))
	})
}

// sink is a client that takes everything at once, so that the figures are those
// of the handler and not of a network.
type sink struct {
	header http.Header
	first  time.Time
	bytes  int
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(int)     {}
func (s *sink) Flush()              {}

// SetWriteDeadline is what http.ResponseController looks for.
func (s *sink) SetWriteDeadline(time.Time) error { return nil }

func (s *sink) Write(p []byte) (int, error) {
	if s.bytes == 0 {
		s.first = time.Now()
	}
	s.bytes += len(p)
	return len(p), nil
}

// BenchmarkHerdStreams compares, with 1,000 followers of a body of 8 MiB that
// takes 500 ms to load, how long the first and the last byte take, and the peak
// of the heap over that of as many goroutines that wait, as a ratio to the body.
func BenchmarkHerdStreams(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprintf("followers=%d", n), func(b *testing.B) {
			var first, total, firstBuffered, totalBuffered, peak, peakBuffered []float64
			for b.Loop() {
				idle := followers(b, nil, n)
				h := httpflight.New(http.HandlerFunc(produce), httpflight.Config{Reuse: time.Second}) // for those who come after the end
				ours, theirs := followers(b, h, n), followers(b, buffered(), n)
				if err := h.Close(); err != nil {
					b.Fatal(err)
				}
				first, total = append(first, ours.first), append(total, ours.total/sharedLoad.Seconds())
				firstBuffered, totalBuffered = append(firstBuffered, theirs.first), append(totalBuffered, theirs.total/sharedLoad.Seconds())
				peak = append(peak, (ours.peak-idle.peak)/sharedBody)
				peakBuffered = append(peakBuffered, (theirs.peak-idle.peak)/sharedBody)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(1000*median(first), "first-p50-ms")
			b.ReportMetric(1000*median(firstBuffered), "buffered-first-p50-ms")
			b.ReportMetric(median(total), "total/load")
			b.ReportMetric(median(totalBuffered), "buffered-total/load")
			b.ReportMetric(median(peak), "peak/body")
			b.ReportMetric(median(peakBuffered), "buffered-peak/body")
		})
	}
}

type herdFigures struct{ first, total, peak float64 }

// followers lets n clients ask at once; without a handler they only wait.
func followers(b *testing.B, h http.Handler, n int) herdFigures {
	b.Helper()
	sinks, asked := make([]sink, n), make([]time.Time, n)
	runtime.GC()
	before := liveNow()
	var most atomic.Uint64
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				most.Store(max(most.Load(), liveNow()))
			}
		}
	}()
	begin := time.Now()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			r := httptest.NewRequest(http.MethodGet, "http://a.example/", nil)
			sinks[i].header, asked[i] = http.Header{}, time.Now()
			if h == nil {
				time.Sleep(time.Until(begin.Add(sharedLoad)))
				runtime.KeepAlive(r)
				return
			}
			h.ServeHTTP(&sinks[i], r)
		})
	}
	all.Wait()
	total := time.Since(begin).Seconds()
	close(stop)
	f := herdFigures{total: total, peak: float64(max(most.Load(), before) - before)}
	if h == nil {
		return f
	}
	var firsts []float64
	for i := range sinks {
		if sinks[i].bytes != sharedBody {
			b.Fatalf("client %d got %d bytes", i, sinks[i].bytes)
		}
		firsts = append(firsts, sinks[i].first.Sub(asked[i]).Seconds())
	}
	slices.Sort(firsts)
	f.first = firsts[n/2]
	return f
}

// liveNow collects garbage, so that the peak is of what is held.
func liveNow() uint64 {
	runtime.GC()
	var s heap.Stats
	heap.Read(&s)
	return s.Live
}
