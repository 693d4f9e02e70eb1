package fleet

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
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

// start watches this process until the test ends.
func start(t *testing.T) *vitals.Vitals {
	t.Helper()
	v, err := vitals.Start(t.Context(), vitals.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v
}

// send sends the figures of a process to an OTLP endpoint, once.
func send(t *testing.T, v *vitals.Vitals, url string, compression otlpmetrichttp.Compression) {
	t.Helper()
	exporter, err := otlpmetrichttp.New(t.Context(), otlpmetrichttp.WithEndpointURL(url), otlpmetrichttp.WithCompression(compression))
	if err != nil {
		t.Fatal(err)
	}
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
			send(t, start(t), server.URL+"/v1/metrics", compression)
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

// What a Prometheus server makes of OTLP bears the names of docs/METRICS.md and is what
// it gets by a scrape, so that the rules and the dashboard hold for both ways in.
func TestPrometheusTakesOTLP(t *testing.T) {
	t.Parallel()
	version, flags := otlpFlags(t)
	v := start(t)
	server := promtest.Run(t, promtest.Config{Job: "scraped", Targets: []promtest.Target{{Address: serve(t, v, figures{})}}, Flags: flags})
	server.Eventually(`govitals_heap_held_bytes{job="scraped"}`)
	scraped := series(server, "scraped", ".+")
	send(t, v, server.URL()+"/api/v1/otlp/v1/metrics", otlpmetrichttp.NoCompression)
	for _, expression := range []string{
		fmt.Sprintf(`govitals_test_held_bytes{job="shop", instance="one"} == %d`, bytes),
		`govitals_test_done_total{job="shop", instance="one", queue="mail"} == 42`,
		fmt.Sprintf(`govitals_test_lag_seconds_count{job="shop", instance="one"} == %d`, observations),
		`govitals_test_lag_seconds_sum{job="shop", instance="one"} == 0.45`,
		fmt.Sprintf(`govitals_test_lag_seconds_bucket{job="shop", le="0.001953125"} == %d`, observations),
		`govitals_heap_held_bytes{job="shop", instance="one"} > 0`,
		`govitals_finding_state{job="shop", signal="heap"} == 1`,
	} {
		server.Eventually(expression)
	}
	sent := series(server, "shop", ".+")
	for name := range scraped {
		if _, found := sent[name]; !found && !elsewhere(name) {
			t.Errorf("%s was scraped, and nothing of that name was sent", name)
		}
	}
	for _, name := range []string{"go_memory_allocated_bytes_total", "go_memory_gc_goal_bytes", "go_config_gogc_percent"} {
		server.Eventually(name + `{job="shop"}`)
	}
	if known, got := series(server, "scraped", "test_.+"), series(server, "shop", "test_.+"); !maps.Equal(known, got) {
		t.Errorf("sent were\n%v, scraped\n%v", got, known)
	}
	t.Logf("Prometheus %s: %d series sent, %d scraped", version, len(sent), len(scraped))
}

// series returns the values of a job's series whose names go on like this. A bound of a
// bucket is 1.0 where it was scraped, and 1 where it came by OTLP.
func series(server *promtest.Server, job, name string) map[string]string {
	named := fmt.Sprintf(`label_replace({job=%q, __name__=~"govitals_%s"}, "name", "$1", "__name__", "(.+)")`, job, name)
	return server.Query(`label_replace(` + named + `, "le", "$1", "le", "(.+)\\.0")`)
}

// elsewhere says of series that were scraped that OTLP has other names for them: those
// of OpenTelemetry's conventions, and of the exporter.
func elsewhere(series string) bool {
	for _, name := range []string{"heap_allocated_bytes_total", "heap_goal_bytes", "heap_gogc_percent"} {
		if strings.Contains(series, "name:govitals_"+name+"]") {
			return true
		}
	}
	return strings.Contains(series, "exporter:promvitals")
}

// otlpFlags are those by which the installed server takes OTLP. None before 2.47 does,
// and none of Debian's.
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
	version, _, _ = strings.Cut(strings.TrimPrefix(string(output), "prometheus, version "), "\n")
	switch {
	case strings.Contains(string(help), "web.enable-otlp-receiver"): // since 3.0
		return version, []string{"--web.enable-otlp-receiver"}
	case strings.Contains(string(help), "otlp-write-receiver"):
		return version, []string{"--enable-feature=otlp-write-receiver"}
	}
	const remedy = "try GOVITALS_PROMETHEUS=$(bash .ci/prometheus-otlp.sh)/prometheus"
	if slices.Contains(strings.Split(os.Getenv(need.Require), ","), "otlp") {
		t.Fatalf("%s takes no OTLP, which %s requires: %s", program, need.Require, remedy)
	}
	t.Skipf("%s, %s, takes no OTLP: %s", program, version, remedy)
	return "", nil
}
