//go:build unix

package benchmarks

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	netpprof "net/http/pprof"
	"runtime/metrics"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/heap"
	"github.com/grafana/pyroscope-go/godeltaprof"
)

// deltaContestant is one way to ask what changes on the heap.
type deltaContestant struct {
	name string
	// prepare makes what a service keeps for this. The call that it returns reads
	// the heap before and after a change of the service, and returns the profile.
	prepare func() func(*testing.T, *service) []byte
}

var deltaContestants = []deltaContestant{
	{"Handler", func() func(*testing.T, *service) []byte {
		h := heap.Handler(heap.HandlerConfig{})
		return func(t *testing.T, s *service) []byte {
			done := s.changeAfter(t, 500*time.Millisecond)
			defer func() { <-done }()
			return get(t, h, "/debug/heap?seconds=1&format=pprof")
		}
	}},
	// Its first reading takes about half a second: the change is to be after it.
	{"net/http/pprof", func() func(*testing.T, *service) []byte {
		return func(t *testing.T, s *service) []byte {
			done := s.changeAfter(t, time.Second)
			defer func() { <-done }()
			return get(t, netpprof.Handler("heap"), "/debug/pprof/heap?seconds=1")
		}
	}},
	{"godeltaprof", func() func(*testing.T, *service) []byte {
		return func(t *testing.T, s *service) []byte {
			profiler := godeltaprof.NewHeapProfiler()
			writeDelta(t, profiler)
			s.change(t)
			return writeDelta(t, profiler)
		}
	}},
	// Half a difference: the reading before was paid for by whoever asked then.
	{"godeltaprof-next", func() func(*testing.T, *service) []byte {
		profiler := godeltaprof.NewHeapProfiler()
		_ = profiler.Profile(io.Discard)
		return func(t *testing.T, s *service) []byte {
			s.change(t)
			return writeDelta(t, profiler)
		}
	}},
}

func writeDelta(t *testing.T, profiler *godeltaprof.HeapProfiler) []byte {
	var out bytes.Buffer
	if err := profiler.Profile(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// get asks a handler as somebody on this machine does.
func get(t *testing.T, h http.Handler, target string) []byte {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// watchHeap returns the largest heap while do runs, as seen five times in a
// millisecond.
func watchHeap(do func()) float64 {
	var watching sync.WaitGroup
	var highest uint64
	stop := make(chan struct{})
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	watching.Go(func() {
		for {
			metrics.Read(sample)
			highest = max(highest, sample[0].Value.Uint64())
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Microsecond):
			}
		}
	})
	do()
	close(stop)
	watching.Wait()
	return float64(highest)
}

// samplesOf counts the samples of a profile: the fields 2 of its message.
func samplesOf(t *testing.T, profile []byte) (samples int) {
	zip, err := gzip.NewReader(bytes.NewReader(profile))
	if err != nil {
		t.Fatal(err)
	}
	message, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		value, m := binary.Uvarint(message[n:])
		message = message[n+m:]
		if tag&7 == 2 { // what follows is as long as the number said
			message = message[value:]
		}
		if tag>>3 == 2 {
			samples++
		}
	}
	return samples
}
