package otel

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/cardinality/otelguard"
)

const (
	attacks = 3000
	most    = 100
)

// provider returns a provider without a limit of its own, so that all that is
// bounded is bounded by the guard.
func provider(options ...sdkmetric.Option) (metric.MeterProvider, *sdkmetric.ManualReader) {
	reader := sdkmetric.NewManualReader()
	return sdkmetric.NewMeterProvider(append(options, sdkmetric.WithReader(reader), sdkmetric.WithCardinalityLimit(0))...), reader
}

// defences are the ways to be guarded, and how many sets an instrument may have then.
var defences = map[string]func() (metric.MeterProvider, *sdkmetric.ManualReader){
	"wrapper": func() (metric.MeterProvider, *sdkmetric.ManualReader) {
		p, reader := provider()
		return otelguard.NewMeterProvider(p, cardinality.MaxSets(most)), reader
	},
	"view": func() (metric.MeterProvider, *sdkmetric.ManualReader) {
		return provider(sdkmetric.WithView(otelguard.View(cardinality.MaxSets(most))))
	},
}

// histograms returns the number of sets and the count of each histogram.
func histograms(t *testing.T, reader sdkmetric.Reader) (sets map[string]int, counts map[string]uint64) {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &data); err != nil {
		t.Fatal(err)
	}
	sets, counts = map[string]int{}, map[string]uint64{}
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch h := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range h.DataPoints {
					sets[m.Name]++
					counts[m.Name] += p.Count
				}
			case metricdata.Histogram[int64]:
				for _, p := range h.DataPoints {
					sets[m.Name]++
					counts[m.Name] += p.Count
				}
			}
		}
	}
	return sets, counts
}

// bounded checks that each histogram of the instrumentation has all requests in few sets.
func bounded(t *testing.T, reader sdkmetric.Reader, want uint64, atLeast int) {
	t.Helper()
	sets, counts := histograms(t, reader)
	if len(sets) < atLeast {
		t.Errorf("histograms: %v, want at least %d", sets, atLeast)
	}
	for name, n := range sets {
		t.Logf("%s: %d sets, count %d", name, n, counts[name])
		if n > most+most/8+1 {
			t.Errorf("%s has %d sets", name, n)
		}
		if counts[name] != want {
			t.Errorf("%s counted %d requests of %d", name, counts[name], want)
		}
	}
}

// attackHTTP sends requests as in CVE-2023-45142: with methods, hosts and agents that
// are new each time.
func attackHTTP(p metric.MeterProvider, n int) {
	// Today's otelhttp takes neither agent nor method into its metrics; services that
	// add attributes of the request bring the pattern back.
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		labeler, _ := otelhttp.LabelerFromContext(r.Context())
		labeler.Add(attribute.String("user_agent.original", r.UserAgent()), attribute.String("method", r.Method))
		_, _ = w.Write([]byte("ok"))
	})
	handler := otelhttp.NewHandler(ok, "op", otelhttp.WithMeterProvider(p))
	for i := range n {
		r := httptest.NewRequest("GET", "/", nil)
		r.Method = fmt.Sprint("M", i)
		r.Host = fmt.Sprintf("host%d.example", i)
		r.Header.Set("User-Agent", fmt.Sprint("agent", i))
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
}

func TestHTTP(t *testing.T) {
	p, reader := provider()
	attackHTTP(p, attacks)
	for name, n := range first(histograms(t, reader)) {
		if n != attacks {
			t.Errorf("without a guard %s has %d sets: this is no attack", name, n)
		}
	}
	for name, defend := range defences {
		t.Run(name, func(t *testing.T) {
			p, reader := defend()
			attackHTTP(p, attacks)
			bounded(t, reader, attacks, 3)
		})
	}
}

func first[A, B any](a A, _ B) A { return a }

// attackGRPC has calls come as in CVE-2023-47108: from a new address each time, and
// here also for a new method, which a server without such a service sees too.
func attackGRPC(p metric.MeterProvider, n int) {
	h := otelgrpc.NewServerHandler(otelgrpc.WithMeterProvider(p))
	for i := range n {
		address := &net.TCPAddr{IP: net.IPv4(10, byte(i>>16), byte(i>>8), byte(i)), Port: 1024 + i%60000}
		ctx := peer.NewContext(context.Background(), &peer.Peer{Addr: address})
		ctx = metadata.NewIncomingContext(ctx, metadata.MD{})
		ctx = h.TagRPC(ctx, &stats.RPCTagInfo{FullMethodName: fmt.Sprintf("/shop.Orders/Get%d", i)})
		h.HandleRPC(ctx, &stats.InHeader{RemoteAddr: address})
		h.HandleRPC(ctx, &stats.InPayload{Length: 10})
		h.HandleRPC(ctx, &stats.OutPayload{Length: 10})
		h.HandleRPC(ctx, &stats.End{})
	}
}

func TestGRPC(t *testing.T) {
	p, reader := provider()
	attackGRPC(p, attacks)
	for name, n := range first(histograms(t, reader)) {
		if n != attacks {
			t.Errorf("without a guard %s has %d sets: this is no attack", name, n)
		}
	}
	for name, defend := range defences {
		t.Run(name, func(t *testing.T) {
			p, reader := defend()
			attackGRPC(p, attacks)
			bounded(t, reader, attacks, 1)
		})
	}
}

// Four times as many attacks leave no more in memory.
func TestMemory(t *testing.T) {
	grown := func(n int) int64 {
		p, reader := defences["wrapper"]()
		before := live()
		attackHTTP(p, n)
		after := live()
		bounded(t, reader, uint64(n), 3)
		return after - before
	}
	few, many := grown(attacks), grown(4*attacks)
	t.Logf("%d KiB after %d, %d KiB after %d", few>>10, attacks, many>>10, 4*attacks)
	if many-few > 256<<10 {
		t.Errorf("%d bytes more", many-few)
	}
}

func live() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
