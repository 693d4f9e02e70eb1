package benchmarks

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/arl/statsviz"
	otelruntime "go.opentelemetry.io/contrib/instrumentation/runtime"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/internal/proc"
	"github.com/govitals/govitals/vitals"
)

const (
	// peerAs tells a child process what to carry while it idles.
	peerAs = "GOVITALS_PEER_AS"
	// peerFor is how long it idles, after peerSettles.
	peerFor, peerSettles = 20 * time.Second, 3 * time.Second
	// peersOfEach run side by side.
	peersOfEach = 3
)

var peerKinds = []string{"ticker", "vitals", "vitals-no-probe", "statsviz", "otel"}

// BenchmarkPeersIdleProcess compares idle processes that carry vitals, with and
// without its probe of delays, with some that carry statsviz which nobody looks at,
// or OpenTelemetry's runtime instrumentation read once a second, or nothing but a
// ticker. All idle at the same time and medians are compared.
//
//	go test -run '^$' -bench PeersIdleProcess -benchtime 1x
func BenchmarkPeersIdleProcess(b *testing.B) {
	if _, err := proc.RSS(); err != nil {
		b.Skip("resident memory: ", err)
	}
	for b.Loop() {
		idled := sideBySide(b, peersOfEach, peerKinds, idlePeer)
		cpu := func(kind string) float64 {
			return medianOf(idled[kind], func(p idledPeer) float64 { return p.cpu.Seconds() })
		}
		rss := func(kind string) float64 {
			return medianOf(idled[kind], func(p idledPeer) float64 { return float64(p.rss) })
		}
		b.ReportMetric(0, "ns/op")
		for _, kind := range peerKinds {
			b.ReportMetric(cpu(kind)/peerFor.Seconds()*1e6, kind+"-cpu-ppm")
			b.ReportMetric(rss(kind)/(1<<20), kind+"-rss-MiB")
		}
		for _, peer := range []string{"statsviz", "otel", "ticker"} {
			b.ReportMetric(cpu("vitals")/cpu(peer), "vitals-cpu/"+peer)
			b.ReportMetric(cpu("vitals-no-probe")/cpu(peer), "vitals-no-probe-cpu/"+peer)
			b.ReportMetric(rss("vitals")/rss(peer), "vitals-rss/"+peer)
		}
	}
}

// idledPeer is what one process took.
type idledPeer struct {
	cpu time.Duration // while it idled
	rss uint64        // at its end
}

func idlePeer(kind string) (p idledPeer, err error) {
	said, _, err := inChild("TestIdlePeerChild", peerAs, kind, "PEER")
	if err != nil {
		return p, err
	}
	_, err = fmt.Sscan(said, &p.cpu, &p.rss)
	return p, err
}

// TestIdlePeerChild is the child process of BenchmarkPeersIdleProcess.
func TestIdlePeerChild(t *testing.T) {
	switch os.Getenv(peerAs) {
	case "vitals":
		carryVitals(t, vitals.Config{})
	case "vitals-no-probe":
		carryVitals(t, vitals.Config{NoProbe: true})
	case "statsviz":
		if err := statsviz.Register(http.NewServeMux()); err != nil {
			t.Fatal(err)
		}
	case "otel":
		carryOTel(t)
	case "ticker":
		carryTicker(t)
	default:
		t.Skip("it has nothing to do by itself")
	}
	time.Sleep(peerSettles) // what begins is not idle
	before := cpuTime(t)
	time.Sleep(peerFor)
	spent := cpuTime(t) - before
	rss, err := proc.RSS()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("PEER %.0f %d\n", spent, rss)
}

// cpuTime is what this process has used, in nanoseconds.
func cpuTime(t *testing.T) float64 {
	t.Helper()
	spent, err := proc.CPUTime()
	if err != nil {
		t.Fatal(err)
	}
	return float64(spent)
}

func carryVitals(t *testing.T, config vitals.Config) {
	config.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	v, err := vitals.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
}

// carryOTel reads the runtime once a second, as the others do, and not once in 15
// seconds as the instrumentation does unless told otherwise.
func carryOTel(t *testing.T) {
	second := otelruntime.WithMinimumReadMemStatsInterval(time.Second)
	reader := sdkmetric.NewPeriodicReader(nowhere{}, sdkmetric.WithInterval(time.Second),
		sdkmetric.WithProducer(otelruntime.NewProducer(second.(otelruntime.ProducerOption))))
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	if err := otelruntime.Start(otelruntime.WithMeterProvider(provider), second); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
}

func carryTicker(t *testing.T) {
	ticker := time.NewTicker(time.Second)
	t.Cleanup(ticker.Stop)
	go func() {
		for range ticker.C {
		}
	}()
}

// nowhere is an exporter that sends nothing.
type nowhere struct{}

func (nowhere) Temporality(kind sdkmetric.InstrumentKind) metricdata.Temporality {
	return sdkmetric.DefaultTemporalitySelector(kind)
}

func (nowhere) Aggregation(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(kind)
}

func (nowhere) Export(context.Context, *metricdata.ResourceMetrics) error { return nil }
func (nowhere) ForceFlush(context.Context) error                          { return nil }
func (nowhere) Shutdown(context.Context) error                            { return nil }
