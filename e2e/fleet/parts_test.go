package fleet

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/eventloop"
	"github.com/govitals/govitals/export/promvitals"
	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/singleflight"
	"github.com/govitals/govitals/singleflight/httpflight"
	"github.com/govitals/govitals/vitals"
	"github.com/govitals/govitals/watch"
)

// serveParts serves the figures of the parts that examples/service does without, and
// keeps them busy until the test ends.
func serveParts(t *testing.T) string {
	t.Helper()
	v, err := vitals.Start(t.Context(), vitals.Config{Resolution: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return serve(t, append([]metric.Source{v}, startParts(t, v)...)...)
}

// serve lets Prometheus scrape the figures until the test ends.
func serve(t *testing.T, sources ...metric.Source) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(promvitals.Collector(sources...))
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	t.Cleanup(server.Close)
	return server.URL
}

func startParts(t *testing.T, v *vitals.Vitals) []metric.Source {
	t.Helper()
	process := watch.NewProcess()
	if err := process.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Close() })
	shedder, err := eventloop.NewShedder(http.NotFoundHandler(), eventloop.ShedConfig{Probe: v.Probe()})
	if err != nil {
		t.Fatal(err)
	}
	group := cardinality.NewGroup(cardinality.GroupConfig{})
	vec := cardinality.NewVec([]string{"path"}, func([]string) *int { return new(int) },
		cardinality.In(group), cardinality.Name("requests"), cardinality.MaxSets(10))
	flights := singleflight.New(singleflight.Config[string, []byte]{Name: "catalog", Reuse: time.Second})
	t.Cleanup(func() { _ = flights.Close() })
	page := httpflight.New(http.HandlerFunc(slowPage), httpflight.Config{})
	t.Cleanup(func() { _ = page.Close() })

	capture, err := eventloop.NewCapture(eventloop.CaptureConfig{Dir: t.TempDir(), Probe: v.Probe()})
	if err != nil {
		t.Fatal(err)
	}
	every(t, 20*time.Millisecond, func(n int) {
		ask(shedder, "/")
		ask(page, fmt.Sprint("/page/", n/10))
		vec.With(fmt.Sprint("/orders/", n))
		key := fmt.Sprint("key ", n/10)
		_, _, _ = flights.Do(t.Context(), key, func(context.Context) ([]byte, error) { return make([]byte, 8<<10), nil })
	})
	every(t, time.Millisecond, func(int) { _, _, _ = flights.Do(t.Context(), "slow", slowLoad) })
	every(t, time.Millisecond, func(n int) { ask(page, fmt.Sprint("/slow/", n)) })
	return append(unended(t), process, shedder, capture, group, flights, page, new(httpflight.Sockets))
}

// unended are parts with work that does not end: its age is what they are there for.
func unended(t *testing.T) []metric.Source {
	t.Helper()
	job := watch.NewJob(watch.JobConfig{Name: "import", Every: 50 * time.Millisecond})
	every(t, time.Second, func(int) {
		_ = job.Run(t.Context(), func(context.Context) error { job.Fresh(time.Now()); return nil })
	})
	mail := watch.NewQueue("mail")
	mail.Add()
	mail.Add().Start()
	requests := watch.NewInFlight(watch.InFlightConfig{})
	requests.Begin(t.Context(), "/upload")
	calls := watch.NewOutbound(open{}, watch.OutboundConfig{})
	response, err := calls.RoundTrip(httptest.NewRequest(http.MethodGet, "http://other.example/", nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return []metric.Source{job, mail, requests, calls}
}

// open answers each call with a body that nobody has read yet.
type open struct{}

func (open) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("body")), Request: r}, nil
}

// every calls f again and again, at this pace at most, until the test ends.
func every(t *testing.T, pause time.Duration, f func(n int)) {
	done := make(chan struct{})
	t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		for n := 0; ; n++ {
			f(n)
			select {
			case <-t.Context().Done():
				return
			case <-time.After(pause):
			}
		}
	}()
}

func ask(handler http.Handler, path string) {
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
}

func slowLoad(ctx context.Context) ([]byte, error) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
	return nil, ctx.Err()
}

// slowPage takes a second where the path says so.
func slowPage(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.Path) > 5 && r.URL.Path[:5] == "/slow" {
		_, _ = slowLoad(r.Context())
	}
	w.Header().Set("Cache-Control", "max-age=1")
	_, _ = io.WriteString(w, "a page\n")
}
