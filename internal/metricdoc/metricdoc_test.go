package metricdoc

import (
	"flag"
	"net/http"
	"os"
	"testing"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/eventloop"
	"github.com/govitals/govitals/internal/collect"
	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/singleflight"
	"github.com/govitals/govitals/singleflight/httpflight"
	"github.com/govitals/govitals/vitals"
	"github.com/govitals/govitals/watch"
)

var update = flag.Bool("update", false, "write docs/METRICS.md")

const file = "../../docs/METRICS.md"

// declared returns the declarations of all parts of the library.
func declared(t *testing.T) []metric.Desc {
	t.Helper()
	v, err := vitals.Start(t.Context(), vitals.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	all := append(v.Describe(), collect.Dropped)
	for _, part := range parts(t) {
		all = append(all, part.Describe()...)
	}
	seen := map[string]bool{}
	var once []metric.Desc
	for _, desc := range all { // both debug handlers count requests
		if !seen[desc.Name] {
			seen[desc.Name] = true
			once = append(once, desc)
		}
	}
	return once
}

// parts are the sources that are added to vitals by whoever uses them.
func parts(t *testing.T) []metric.Source {
	t.Helper()
	probe, err := eventloop.New(eventloop.Config{})
	if err != nil {
		t.Fatal(err)
	}
	shedder, err := eventloop.NewShedder(http.NotFoundHandler(), eventloop.ShedConfig{Probe: probe})
	if err != nil {
		t.Fatal(err)
	}
	capture, err := eventloop.NewCapture(eventloop.CaptureConfig{Dir: t.TempDir(), Probe: probe})
	if err != nil {
		t.Fatal(err)
	}
	flights := singleflight.New(singleflight.Config[string, int]{})
	t.Cleanup(func() { _ = flights.Close() })
	requests := httpflight.New(http.NotFoundHandler(), httpflight.Config{})
	t.Cleanup(func() { _ = requests.Close() })
	return []metric.Source{
		requests, new(httpflight.Sockets), shedder, capture, new(cardinality.Guard), flights,
		new(watch.Jobs), watch.NewQueue("mail"), watch.NewInFlight(watch.InFlightConfig{}),
		watch.NewOutbound(nil, watch.OutboundConfig{}), watch.NewProcess(),
		watch.NewPool(watch.PoolConfig{Name: "db", Read: func() (r watch.PoolReading) { return r }}),
		watch.NewEffects(watch.EffectsConfig{InFlight: watch.NewInFlight(watch.InFlightConfig{})}),
		watch.NewState("sessions", 0, func() (int, int64) { return 0, -1 }),
	}
}

func TestDocumentMatchesTheCode(t *testing.T) {
	want := Markdown(declared(t))
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s does not match the code: run go test ./internal/metricdoc -update", file)
	}
}

func TestEveryDeclarationIsValid(t *testing.T) {
	names := map[string]bool{}
	for _, desc := range declared(t) {
		if err := desc.Validate(); err != nil {
			t.Error(err)
		}
		if names[desc.PrometheusName()] {
			t.Errorf("two metrics are called %s", desc.PrometheusName())
		}
		names[desc.PrometheusName()] = true
	}
}
