package fleet

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/proto"

	"github.com/govitals/govitals/export/otelvitals"
	"github.com/govitals/govitals/internal/need"
	"github.com/govitals/govitals/internal/promtest"
	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/vitals"
)

// observations is how many delays the histogram holds that is sent, and bytes is the
// value of a gauge.
const (
	observations = 300
	bytes        = 12_345_678
)

var (
	heldDesc = metric.Desc{Name: "test.held", Unit: "By", Kind: metric.KindUpDownCounter, Help: "Bytes.", Action: "None."}
	doneDesc = metric.Desc{Name: "test.done", Unit: "{item}", Kind: metric.KindCounter, Labels: []string{"queue"}, Help: "Items.", Action: "None."}
	lagDesc  = metric.Desc{Name: "test.lag", Unit: "s", Kind: metric.KindHistogram, Help: "Delays.", Action: "None."}
)

// figures are known exactly, unlike those of a live process.
type figures struct{}

func (figures) Describe() []metric.Desc { return []metric.Desc{heldDesc, doneDesc, lagDesc} }

func (figures) Collect(emit func(metric.Sample)) {
	emit(metric.Sample{Desc: heldDesc, Value: bytes})
	emit(metric.Sample{Desc: doneDesc, LabelValues: []string{"mail"}, Value: 42})
	emit(metric.Sample{Desc: lagDesc, Histogram: &metric.Histogram{ // all in (2^-10, 2^-9] s
		Schema: 0, First: -9, Counts: []uint64{observations}, Sum: 0.45,
	}})
}

// send sends the figures of a process to an OTLP endpoint, once.
func send(t *testing.T, url string, compression otlpmetrichttp.Compression) {
	t.Helper()
	exporter, err := otlpmetrichttp.New(t.Context(), otlpmetrichttp.WithEndpointURL(url), otlpmetrichttp.WithCompression(compression))
	if err != nil {
		t.Fatal(err)
	}
	v, err := vitals.Start(t.Context(), vitals.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	reader := sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithProducer(otelvitals.NewProducer(v, figures{})))
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader),
		sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", "shop"), attribute.String("service.instance.id", "one"))))
	registration, err := otelvitals.Register(provider.Meter(otelvitals.ScopeName), v, figures{})
	if err != nil {
		t.Fatal(err)
	}
	defer registration.Unregister()
	if err := provider.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = provider.Shutdown(context.WithoutCancel(t.Context())) }()
}

// sink keeps what is sent to it.
type sink struct {
	mu      sync.Mutex
	metrics map[string]*metricspb.Metric
	failure error
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request, err := decode(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failure = err
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, resource := range request.GetResourceMetrics() {
		for _, scope := range resource.GetScopeMetrics() {
			for _, m := range scope.GetMetrics() {
				s.metrics[m.GetName()] = m
			}
		}
	}
}

func decode(r *http.Request) (*collectorpb.ExportMetricsServiceRequest, error) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		body = unzipped
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	request := new(collectorpb.ExportMetricsServiceRequest)
	return request, proto.Unmarshal(data, request)
}

func TestSinkGetsNamesUnitsAndTotals(t *testing.T) {
	t.Parallel()
	for name, compression := range map[string]otlpmetrichttp.Compression{"plain": otlpmetrichttp.NoCompression, "gzip": otlpmetrichttp.GzipCompression} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &sink{metrics: map[string]*metricspb.Metric{}}
			server := httptest.NewServer(s)
			defer server.Close()
			send(t, server.URL+"/v1/metrics", compression)
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.failure != nil {
				t.Fatal(s.failure)
			}
			s.check(t)
		})
	}
}

func (s *sink) check(t *testing.T) {
	t.Helper()
	for name, unit := range map[string]string{
		"govitals.test.held": "By", "govitals.test.done": "{item}", "govitals.test.lag": "s",
		"govitals.heap.held": "By", "go.memory.gc.goal": "By", "govitals.eventloop.lag": "s", "govitals.finding.state": "{state}",
	} {
		if m := s.metrics[name]; m == nil || m.GetUnit() != unit || m.GetDescription() == "" {
			t.Errorf("%s arrived as %v, want it with unit %s and a description", name, m, unit)
		}
	}
	lag := s.metrics["govitals.test.lag"].GetHistogram().GetDataPoints()
	if len(lag) != 1 || lag[0].GetCount() != observations || lag[0].GetSum() != 0.45 {
		t.Errorf("the histogram arrived as %v, want %d observations with the sum 0.45", lag, observations)
	}
	held := s.metrics["govitals.test.held"].GetSum()
	if held.GetIsMonotonic() || len(held.GetDataPoints()) != 1 || held.GetDataPoints()[0].GetAsDouble() != bytes {
		t.Errorf("the gauge arrived as %v, want %d and not monotonic", held, bytes)
	}
	done := s.metrics["govitals.test.done"].GetSum()
	if !done.GetIsMonotonic() || done.GetAggregationTemporality() != metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE {
		t.Errorf("the counter arrived as %v, want it monotonic and cumulative", done)
	}
}

// What a Prometheus server makes of OTLP bears the names of docs/METRICS.md, so that
// the rules and the dashboard hold for both ways in.
func TestPrometheusTakesOTLP(t *testing.T) {
	t.Parallel()
	version, flags := otlpFlags(t)
	server := promtest.Run(t, promtest.Config{Flags: flags})
	send(t, server.URL()+"/api/v1/otlp/v1/metrics", otlpmetrichttp.NoCompression)
	const labels = `{job="shop", instance="one"}`
	for _, expression := range []string{
		fmt.Sprintf("govitals_test_held_bytes%s == %d", labels, bytes),
		`govitals_test_done_total{job="shop", instance="one", queue="mail"} == 42`,
		fmt.Sprintf("govitals_test_lag_seconds_count%s == %d", labels, observations),
		fmt.Sprintf("govitals_test_lag_seconds_sum%s == 0.45", labels),
		fmt.Sprintf(`govitals_test_lag_seconds_bucket{job="shop", le="0.001953125"} == %d`, observations),
		"govitals_heap_held_bytes" + labels + " > 0",
		`govitals_finding_state{job="shop", signal="heap"} == 1`,
	} {
		server.Eventually(expression)
	}
	t.Logf("Prometheus %s", strings.TrimSpace(version))
}

// otlpFlags are those by which the installed server takes OTLP: none before 2.47.
func otlpFlags(t *testing.T) (version string, flags []string) {
	t.Helper()
	program := need.Prometheus(t)
	help, err := exec.Command(program, "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, help)
	}
	output, err := exec.Command(program, "--version").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	version, _, _ = strings.Cut(string(output), "\n")
	switch {
	case strings.Contains(string(help), "--web.enable-otlp-receiver"):
		return version, []string{"--web.enable-otlp-receiver"}
	case strings.Contains(string(help), "otlp-write-receiver"):
		return version, []string{"--enable-feature=otlp-write-receiver"}
	}
	t.Skipf("%s takes no OTLP, which came with 2.47: set GOVITALS_PROMETHEUS to a newer one", version)
	return "", nil
}
