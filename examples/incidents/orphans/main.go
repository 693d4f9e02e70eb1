// Orphans is the incident of work that nobody waited for any more.
//
//	go run ./examples/incidents/orphans
package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/govitals/govitals/examples/incidents/internal/incident"
	"github.com/govitals/govitals/vitals"
	"github.com/govitals/govitals/watch"
)

func main() {
	incident.Tell(incident.Story{
		Title: "The requests whose clients had gone",
		Told: `A web server grew slower as its memory grew. Clients gave up after a second,
and their requests went on in the server, each with its share of memory, until
the process manager killed it at its limit and dropped the good requests too.`,
		Fix:    "The handler ends when the context of its request does.",
		Broken: func(ctx context.Context, v *vitals.Vitals) error { return serve(ctx, v, searchToTheEnd) },
		Fixed:  func(ctx context.Context, v *vitals.Vitals) error { return serve(ctx, v, search) },
		Named:  incident.Named{Signal: "inflight", Names: []string{"ORPHANED", "/search"}},
	})
}

// slow is how long a search takes, patience how long a client waits.
const (
	slow     = 20 * time.Second
	patience = 100 * time.Millisecond
)

// search looks whether anybody still waits for what it finds.
func search(w http.ResponseWriter, r *http.Request) { scan(r.Context()) }

// searchToTheEnd is how it was.
func searchToTheEnd(w http.ResponseWriter, r *http.Request) { scan(context.WithoutCancel(r.Context())) }

// scan goes through a megabyte of results for a long time.
func scan(ctx context.Context) (hits int) {
	results := make([]byte, 1<<20)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for began := time.Now(); time.Since(began) < slow; {
		select {
		case <-ctx.Done():
			return hits
		case <-stopped:
			return hits
		case <-ticker.C:
			hits += int(results[hits])
		}
	}
	return hits
}

// stopped ends what runs when the demonstration does.
var stopped = make(chan struct{})

func serve(ctx context.Context, v *vitals.Vitals, search http.HandlerFunc) error {
	inflight := watch.NewInFlight(watch.InFlightConfig{Grace: time.Second})
	if err := inflight.Start(ctx); err != nil {
		return err
	}
	defer inflight.Close()
	v.Add(inflight)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /search", search)
	server := httptest.NewServer(inflight.Middleware(mux))
	defer server.Close()
	defer close(stopped)
	var clients sync.WaitGroup
	defer clients.Wait()
	for ctx.Err() == nil {
		clients.Go(func() { impatient(ctx, server.URL+"/search") })
		time.Sleep(200 * time.Millisecond)
	}
	return nil
}

// impatient asks and gives up.
func impatient(ctx context.Context, url string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return
	}
	if response, err := http.DefaultClient.Do(request); err == nil {
		_ = response.Body.Close()
	}
}
