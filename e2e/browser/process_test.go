package browser

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/leakguard"
	"github.com/govitals/govitals/singleflight"
	"github.com/govitals/govitals/vitals"
	"github.com/govitals/govitals/watch"
)

// process is what the pages are about: this one, with trouble planted in it.
type process struct {
	*vitals.Vitals
	url string
}

// start watches this process and serves the pages.
func start(t *testing.T, config vitals.Config) *process {
	t.Helper()
	config.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	v, err := vitals.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/", v.Handler())
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return &process{v, server.URL}
}

// reach waits until the report is in a state.
func (p *process) reach(t *testing.T, want ...finding.State) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		report := p.Report()
		for _, state := range want {
			if report.State == state {
				return
			}
		}
		if time.Now().After(end) {
			t.Fatalf("after two minutes the state is %v, not %v:\n%s", report.State, want, report)
		}
	}
}

// while runs f again and again until the test ends.
func while(t *testing.T, every time.Duration, f func(n int)) {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			f(n)
			select {
			case <-ctx.Done():
			case <-time.After(every):
			}
		}
	})
	t.Cleanup(func() { cancel(); group.Wait() })
}

// collect makes garbage and has it collected, as a service under load does.
func collect(t *testing.T) {
	while(t, 150*time.Millisecond, func(int) { runtime.GC() })
}

// kept is what leaks.
var kept [][]byte

// leak keeps memory for ever.
func leak(t *testing.T) {
	var mu sync.Mutex
	while(t, 20*time.Millisecond, func(int) {
		mu.Lock()
		defer mu.Unlock()
		kept = append(kept, make([]byte, 64<<10))
	})
	t.Cleanup(func() { kept = nil })
}

// sessions is a figure that rises from a moment on.
type sessions struct {
	from    time.Time
	perTick float64
}

func (*sessions) Name() string { return "sessions" }

func (s *sessions) Read(context.Context) (leakguard.Reading, error) {
	ticks := max(0, math.Floor(time.Since(s.from).Seconds()*20))
	return leakguard.Reading{Value: 1000 + s.perTick*ticks, Load: math.NaN()}, nil
}

// block has more goroutines than processors compute.
func block(t *testing.T) {
	while(t, 20*time.Millisecond, func(int) {
		var group sync.WaitGroup
		end := time.Now().Add(60 * time.Millisecond)
		for range 32 {
			group.Go(func() {
				for time.Now().Before(end) {
				}
			})
		}
		group.Wait()
	})
}

// hostile is a name that somebody chose to break pages.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>`

// parts adds one of each part, with work in it.
func (p *process) parts(t *testing.T) {
	guard := cardinality.NewVec([]string{"method", "path"}, func([]string) *int { return new(int) }, cardinality.Name("http_requests_total"), cardinality.MaxSets(100))
	for i := range 5 {
		guard.With("GET", "/orders/"+strconv.Itoa(i)+hostile)
	}
	queue, job, inflight := watch.NewQueue("mail"), watch.NewJob(watch.JobConfig{Name: "refresh", Every: time.Hour}), watch.NewInFlight(watch.InFlightConfig{})
	for range 3 {
		queue.Add()
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { _ = job.Run(ctx, func(context.Context) error { return nil }) })
	work := inflight.Begin(ctx, "/orders/{id}")
	flights := singleflight.New(singleflight.Config[string, int]{Name: "catalog", Reuse: time.Hour})
	for range 20 {
		_, _, _ = flights.Do(ctx, "all", func(context.Context) (int, error) { return 1, nil })
	}
	t.Cleanup(func() {
		work.End(watch.OK)
		cancel()
		group.Wait()
		_ = flights.Close()
	})
	p.Add(guard.Guard(), queue, job, inflight, flights)
}
