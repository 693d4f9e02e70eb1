package watch

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/conform"
)

func TestInFlightLifecycle(t *testing.T) {
	conform.Lifecycle(t, &InFlight{}, func() conform.Starter { return NewInFlight(InFlightConfig{}) })
}

func routesOf(s InFlightStats) map[string]uint64 {
	all := map[string]uint64{}
	for _, r := range s.Routes {
		all[r.Route+" "+r.Outcome.String()] = r.Latency.Count()
	}
	return all
}

func TestMiddlewareCountsByRouteAndOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewInFlight(InFlightConfig{})
		mux := http.NewServeMux()
		mux.HandleFunc("GET /users/{id}", func(http.ResponseWriter, *http.Request) { time.Sleep(time.Second) })
		mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("boom") })
		mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
		handler := f.Middleware(mux)
		for i := range 20 {
			served(handler, t.Context(), fmt.Sprintf("/users/%d", i))
		}
		before := f.Stats()
		served(handler, t.Context(), "/users/21")
		served(handler, t.Context(), "/nowhere")
		served(handler, t.Context(), "/healthz")
		if panicOf(func() { served(handler, t.Context(), "/panic") }) != "boom" {
			t.Error("the panic did not go on")
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		served(handler, gone, "/users/22")
		got := routesOf(f.Stats())
		for route, want := range map[string]uint64{
			"GET /users/{id} ok": 21, "GET /users/{id} client_gone": 1, "GET /panic panic": 1, "(none) ok": 1, "(health) ok": 1,
		} {
			if got[route] != want {
				t.Errorf("%s: %d requests, want %d", route, got[route], want)
			}
		}
		if len(got) != 5 {
			t.Errorf("routes are %v, want five", got)
		}
		window := f.Stats().Sub(before)
		if n := routesOf(window)["GET /users/{id} ok"]; n != 1 || window.Elapsed != 2*time.Second {
			t.Errorf("%d requests in a window of %v, want 1 in 2s", n, window.Elapsed)
		}
		for _, r := range window.Routes {
			if p99 := r.Latency.Quantile(0.99).Seconds(); r.Outcome == OK && strings.Contains(r.Route, "users") && (p99 < 1 || p99 > 1.05) {
				t.Errorf("99th percentile is %v s, want 1", p99)
			}
		}
	})
}

func TestOrphanedRequestIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewInFlight(InFlightConfig{})
		if err := f.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		release := make(chan struct{})
		handler := f.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		ctx, leave := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { served(handler, ctx, "/report/123456?token=secret") })
		group.Go(func() { served(handler, t.Context(), "/patient") })
		time.Sleep(time.Minute)
		wantFinding(t, f, finding.OK, "2 requests in flight", "1m")
		leave()
		time.Sleep(3 * time.Second)
		wantFinding(t, f, finding.OK)
		time.Sleep(57 * time.Second)
		wantFinding(t, f, finding.Suspect, "ORPHANED: 1 request still runs", "GET /report/{id}")
		list := f.Requests(10)
		if len(list) != 2 || list[0].Age != 2*time.Minute || list[0].Orphaned == list[1].Orphaned {
			t.Errorf("the list is %+v, want two, one of them orphaned", list)
		}
		if written := fmt.Sprint(list); strings.Contains(written, "secret") || strings.Contains(written, "123456") {
			t.Errorf("the list tells too much: %s", written)
		}
		if got := collect(t, f); got["inflight.orphans"] != 1 || got["inflight.orphaned"] != 1 || got["inflight.oldest"] != 120 {
			t.Errorf("metrics are %v", got)
		}
		close(release)
		group.Wait()
		wantFinding(t, f, finding.OK, "No request")
		if s := f.Stats(); s.Orphaned != 1 || s.Orphans != 0 {
			t.Errorf("stats are %+v, want one that was orphaned", s)
		}
	})
}

// A mux of somebody else may be broken.
type brokenMux struct{ http.HandlerFunc }

func (brokenMux) Handler(*http.Request) (http.Handler, string) { panic("boom") }

func TestMuxThatPanicsIsNoRoute(t *testing.T) {
	f := NewInFlight(InFlightConfig{})
	var list []Request
	served(f.Middleware(brokenMux{func(http.ResponseWriter, *http.Request) { list = f.Requests(1) }}), t.Context(), "/a")
	if len(list) != 1 || list[0].Route != "" || list[0].Path != "/a" {
		t.Errorf("the list is %+v", list)
	}
}

// Without Start somebody else has to look.
func TestOrphansWithoutStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewInFlight(InFlightConfig{Grace: time.Second})
		ctx, leave := context.WithCancel(t.Context())
		work := f.Begin(ctx, "import")
		leave()
		wantFinding(t, f, finding.OK)
		time.Sleep(3 * time.Second)
		wantFinding(t, f, finding.Suspect, "import", "3s")
		work.End(OK)
		work.End(OK)
		Work{}.End(OK)
		if got := routesOf(f.Stats()); got["import client_gone"] != 1 || len(got) != 1 {
			t.Errorf("routes are %v", got)
		}
	})
}

// Else it would be in flight for ever.
func TestOutcomeThatDoesNotExistIsAFailure(t *testing.T) {
	f := NewInFlight(InFlightConfig{})
	f.Begin(t.Context(), "a").End(outcomes)
	if s := f.Stats(); s.InFlight != 0 || routesOf(s)["a error"] != 1 {
		t.Errorf("%d in flight, routes are %v", s.InFlight, routesOf(s))
	}
}

func TestRoutesAreBounded(t *testing.T) {
	f := NewInFlight(InFlightConfig{MaxRoutes: 10, Route: func(r *http.Request) string {
		if r.URL.Path == "/bad" {
			panic("no route")
		}
		return r.URL.Path
	}})
	handler := f.Middleware(http.NotFoundHandler())
	for i := range 1000 {
		served(handler, t.Context(), fmt.Sprint("/path-", i))
	}
	served(handler, t.Context(), "/bad")
	got, total := routesOf(f.Stats()), uint64(0)
	for _, n := range got {
		total += n
	}
	if len(got) > 12 || total != 1001 || got["(other) ok"] < 980 {
		t.Errorf("%d routes of %d requests: %v", len(got), total, got)
	}
}

func TestBeginAndEndDoNotAllocate(t *testing.T) {
	f := NewInFlight(InFlightConfig{})
	for range 1000 {
		f.Begin(t.Context(), "a").End(OK)
	}
	if n := testing.AllocsPerRun(1000, func() { f.Begin(t.Context(), "a").End(OK) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestInFlightFromManyGoroutines(t *testing.T) {
	f := NewInFlight(InFlightConfig{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 1000 {
				f.Begin(t.Context(), "a").End(OK)
			}
		})
	}
	for range 50 {
		f.look(f.requests.now())
		_ = f.Requests(5)
	}
	group.Wait()
	if s := f.Stats(); routesOf(s)["a ok"] != 4000 || s.InFlight != 0 || s.Orphaned != 0 {
		t.Errorf("stats are %v, %d in flight", routesOf(s), s.InFlight)
	}
}

// Beyond what is tracked, requests are still counted by route.
func TestInFlightBeyondWhatIsTracked(t *testing.T) {
	f := NewInFlight(InFlightConfig{})
	const n = trackerShards*maxTracked + 1000
	all := make([]Work, n)
	var unknown context.Context // nil is allowed: nobody can leave
	for i := range all {
		all[i] = f.Begin(unknown, "a")
	}
	if s := f.Stats(); s.InFlight != n {
		t.Errorf("%d in flight, want %d", s.InFlight, n)
	}
	// One goroutine must not be left with the room of its shard.
	if unknown := f.requests.crowd(f.requests.now(), first).loose; unknown > 5000 {
		t.Errorf("%d of them have no age, want little more than 1000", unknown)
	}
	left, leave := context.WithCancel(t.Context())
	leave()
	for range trackerShards * maxTracked {
		f.Begin(left, "gone").End(OK)
	}
	for _, work := range all {
		work.End(OK)
		work.End(OK)
	}
	if s := f.Stats(); routesOf(s)["a ok"] != n || routesOf(s)["gone client_gone"] != trackerShards*maxTracked || s.InFlight != 0 {
		t.Errorf("routes are %v, %d in flight", routesOf(s), s.InFlight)
	}
}

func TestInFlightConfigValidate(t *testing.T) {
	wantRefused(t, map[string]InFlightConfig{
		"InFlightConfig.MaxRoutes is -1": {MaxRoutes: -1}, "InFlightConfig.MaxRoutes is 1048577": {MaxRoutes: maxNames + 1}, "InFlightConfig.Grace": {Grace: -1},
	})
	NewInFlight(InFlightConfig{MaxRoutes: maxNames}) // what Validate lets pass does not panic
}

// Requests begin, and clients leave, between a reading of the clock and the list.
func TestAgesAreNeverNegative(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewInFlight(InFlightConfig{})
		now := f.fresh()
		time.Sleep(time.Millisecond)
		ctx, leave := context.WithCancel(t.Context())
		defer f.Begin(ctx, "x").End(OK)
		leave()
		f.look(f.requests.now())
		all := f.list(now, func(*request) bool { return true })
		if len(all) != 1 || all[0].Age < 0 || all[0].Left <= 0 {
			t.Errorf("requests are %+v", all)
		}
	})
}

// stuckContext does not answer.
type stuckContext struct {
	context.Context
	asked  chan struct{}
	answer chan struct{}
}

func (c stuckContext) Err() error {
	c.asked <- struct{}{}
	<-c.answer
	return nil
}

func TestContextThatDoesNotAnswerHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewInFlight(InFlightConfig{})
		stuck := stuckContext{t.Context(), make(chan struct{}, 9), make(chan struct{})}
		work := f.Begin(stuck, "stuck")
		time.Sleep(time.Second)
		first := make(chan struct{})
		go func() {
			defer close(first)
			f.Stats()
		}()
		<-stuck.asked
		if err := f.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if n := f.Stats().InFlight; n != 1 { // and does not wait for ever
			t.Errorf("%d requests in flight, want 1", n)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		close(stuck.answer)
		<-first
		work.End(OK)
	})
}
