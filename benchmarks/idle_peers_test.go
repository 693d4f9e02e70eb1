package benchmarks

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strings"
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
		idled := idlePeers(b)
		b.ReportMetric(0, "ns/op")
		for _, kind := range peerKinds {
			b.ReportMetric(idled.cpu(kind)/peerFor.Seconds()*1e6, kind+"-cpu-ppm")
			b.ReportMetric(idled.rss(kind)/(1<<20), kind+"-rss-MiB")
		}
		for _, peer := range []string{"statsviz", "otel", "ticker"} {
			b.ReportMetric(idled.cpu("vitals")/idled.cpu(peer), "vitals-cpu/"+peer)
			b.ReportMetric(idled.cpu("vitals-no-probe")/idled.cpu(peer), "vitals-no-probe-cpu/"+peer)
			b.ReportMetric(idled.rss("vitals")/idled.rss(peer), "vitals-rss/"+peer)
		}
	}
}

// idledPeer is what one process took.
type idledPeer struct {
	kind string
	cpu  time.Duration // while it idled
	rss  uint64        // at its end
	err  error
}

type idledPeers []idledPeer

func (all idledPeers) median(kind string, figure func(idledPeer) float64) float64 {
	var figures []float64
	for _, p := range all {
		if p.kind == kind {
			figures = append(figures, figure(p))
		}
	}
	return median(figures)
}

// cpu returns the median of one kind in seconds.
func (all idledPeers) cpu(kind string) float64 {
	return all.median(kind, func(p idledPeer) float64 { return p.cpu.Seconds() })
}

// rss returns the median of one kind in bytes.
func (all idledPeers) rss(kind string) float64 {
	return all.median(kind, func(p idledPeer) float64 { return float64(p.rss) })
}

func idlePeers(b *testing.B) (all idledPeers) {
	b.Helper()
	outcomes := make(chan idledPeer)
	for i := range peersOfEach * len(peerKinds) {
		go func() { outcomes <- idlePeer(peerKinds[i%len(peerKinds)]) }()
	}
	for range peersOfEach * len(peerKinds) {
		all = append(all, <-outcomes)
	}
	for _, p := range all {
		if p.err != nil {
			b.Fatal(p.err)
		}
	}
	return all
}

func idlePeer(kind string) idledPeer {
	p := idledPeer{kind: kind}
	program, err := os.Executable()
	if err != nil {
		p.err = err
		return p
	}
	child := exec.Command(program, "-test.run", "^TestIdlePeerChild$", "-test.v")
	child.Env = append(os.Environ(), peerAs+"="+kind)
	output, err := child.Output()
	_, figures, _ := strings.Cut(string(output), "PEER ")
	var nanoseconds int64
	if _, p.err = fmt.Sscanf(figures, "%d %d", &nanoseconds, &p.rss); p.err != nil || err != nil {
		p.err = fmt.Errorf("%s: %v, %v: %s", kind, err, p.err, output)
	}
	p.cpu = time.Duration(nanoseconds)
	return p
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
