// Histogram is the incident of a label without end.
//
//	go run ./examples/incidents/histogram
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/cardinality/promguard"
	"github.com/govitals/govitals/examples/incidents/internal/incident"
	"github.com/govitals/govitals/vitals"
)

func main() {
	incident.Tell(incident.Story{
		Title: "The histogram of 8,000 series",
		Told: `A service went to its memory limit every few days. The heap dump showed maps and
strings and nothing to blame. A histogram had the path of each request as a
label, and a path has an id in it: 8,000 series, where a new process had 100.`,
		Fix:    "promguard caps the label sets, and puts paths into templates.",
		Broken: unguarded,
		Fixed:  guarded,
		Named:  incident.Named{Signal: "series", Names: []string{"http_request_duration_seconds{path}"}},
	})
}

var opts = prometheus.HistogramOpts{
	Name: "http_request_duration_seconds", Help: "How long requests took.", Buckets: prometheus.DefBuckets,
}

// unguarded is how it was.
func unguarded(ctx context.Context, v *vitals.Vitals) error {
	registry := prometheus.NewRegistry()
	durations := prometheus.NewHistogramVec(opts, []string{"path"})
	registry.MustRegister(durations)
	defer scraped(v, registry).Close()
	return serve(ctx, func(path string) prometheus.Observer { return durations.WithLabelValues(path) })
}

func guarded(ctx context.Context, v *vitals.Vitals) error {
	registry := prometheus.NewRegistry()
	durations := promguard.NewHistogramVec(opts, []string{"path"},
		cardinality.MaxSets(200), cardinality.Normalize("path", cardinality.RouteTemplate))
	registry.MustRegister(durations)
	defer scraped(v, registry).Close()
	return serve(ctx, func(path string) prometheus.Observer { return durations.WithLabelValues(path) })
}

// scraped has Prometheus look at the registry again and again, and counts the
// series of each scrape.
func scraped(v *vitals.Vitals, registry *prometheus.Registry) *httptest.Server {
	series := promguard.NewSeries(registry)
	v.Watch(series)
	server := httptest.NewServer(promhttp.HandlerFor(series, promhttp.HandlerOpts{}))
	go func() {
		for { // until the server is closed
			response, err := http.Get(server.URL)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			time.Sleep(200 * time.Millisecond)
		}
	}()
	return server
}

// serve answers requests for orders, each with an id that was never seen before.
func serve(ctx context.Context, observer func(path string) prometheus.Observer) error {
	for id := 0; ctx.Err() == nil; id++ {
		observer(fmt.Sprintf("/orders/%d", id)).Observe(0.004)
		time.Sleep(5 * time.Millisecond)
	}
	return nil
}
