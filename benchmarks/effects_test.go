package benchmarks

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/watch"
)

// BenchmarkEffects runs a server whose memory goes up and down as that of a cache that
// is dropped and filled, under a load that does not wait for answers. In "walks" each
// request walks over all that is held, in "touches" over a thousandth of it. Reported
// is after how many seconds watch.Effects says that response time follows memory; 0 is
// never, which is right of "touches" alone.
func BenchmarkEffects(b *testing.B) {
	for _, c := range []struct {
		name string
		part int // of what is held
	}{{"walks", 1}, {"touches", 1000}} {
		b.Run(c.name, func(b *testing.B) {
			var found, after float64
			for b.Loop() {
				if seconds := effectFound(b, c.part); seconds > 0 {
					found, after = found+1, after+seconds
				}
			}
			b.ReportMetric(found/float64(b.N), "found")
			b.ReportMetric(after/max(found, 1), "after-s")
		})
	}
}

// effectFound returns when response time was first said to follow memory, within half
// a minute.
func effectFound(b *testing.B, part int) (seconds float64) {
	var data shiftingList
	inflight := watch.NewInFlight(watch.InFlightConfig{})
	effects := watch.NewEffects(watch.EffectsConfig{InFlight: inflight, Every: 200 * time.Millisecond})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /search", func(w http.ResponseWriter, _ *http.Request) { data.walk(part) })
	server := httptest.NewServer(inflight.Middleware(mux))
	var group sync.WaitGroup
	stop := make(chan struct{})
	defer func() {
		close(stop)
		group.Wait()
		server.Close()
		_ = effects.Close()
		_ = inflight.Close()
	}()
	every(&group, stop, 20*time.Millisecond, func() { group.Go(func() { ask(server) }) })
	every(&group, stop, 400*time.Millisecond, data.change)
	if err := effects.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	// The server and its clients are real: what is asked for is how long a finding takes.
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(time.Second) {
		for _, f := range effects.Findings() {
			if f.State == finding.Suspect && strings.Contains(f.Summary, "GET /search") {
				b.Log(f.Summary)
				return time.Since(began).Seconds()
			}
		}
	}
	return 0
}

func ask(server *httptest.Server) {
	if response, err := server.Client().Get(server.URL + "/search"); err == nil {
		_ = response.Body.Close()
	}
}

func every(group *sync.WaitGroup, stop chan struct{}, period time.Duration, f func()) {
	group.Go(func() {
		ticker := time.NewTicker(period)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				f()
			}
		}
	})
}

// shiftingList is a list of which now more and now less is there.
type shiftingList struct {
	first atomic.Pointer[listItem]
	items atomic.Int64
}

type listItem struct {
	next *listItem
	_    [48]byte
}

// change replaces the list by one of another length, and collects the one before, as
// live memory is only known after a collection.
func (h *shiftingList) change() {
	items := rand.Int64N(200_000)
	var first *listItem
	for range items {
		first = &listItem{next: first}
	}
	h.items.Store(items)
	h.first.Store(first)
	first = nil
	runtime.GC()
}

func (h *shiftingList) walk(part int) {
	left := h.items.Load() / int64(part)
	for item := h.first.Load(); item != nil && left > 0; item = item.next {
		left--
	}
}
