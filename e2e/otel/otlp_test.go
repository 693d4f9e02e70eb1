package otel

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	otlp "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/proto"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/cardinality/otelguard"
)

// receiver is a collector: it keeps what was exported last.
type receiver struct {
	mu   sync.Mutex
	last *collector.ExportMetricsServiceRequest
}

func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	request := &collector.ExportMetricsServiceRequest{}
	if err != nil || proto.Unmarshal(body, request) != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = request
}

// points returns the points of a histogram.
func (c *receiver) points(name string) (points []*otlp.HistogramDataPoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.last.GetResourceMetrics() {
		for _, s := range r.GetScopeMetrics() {
			for _, m := range s.GetMetrics() {
				if m.GetName() == name {
					points = append(points, m.GetHistogram().GetDataPoints()...)
				}
			}
		}
	}
	return points
}

// What arrives over OTLP is bounded, complete, and in shape; and Series counts it.
func TestOTLP(t *testing.T) {
	received := &receiver{}
	server := httptest.NewServer(received)
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	otlpExporter, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(server.URL), otlpmetrichttp.WithHTTPClient(client))
	if err != nil {
		t.Fatal(err)
	}
	series := otelguard.NewSeries(nil)
	sdk := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(series.Exporter(otlpExporter), sdkmetric.WithInterval(time.Hour))))
	attackHTTP(otelguard.NewMeterProvider(sdk, cardinality.MaxSets(most)), attacks)
	if err := sdk.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	points := received.points("http.server.request.duration")
	var count uint64
	others := 0
	for _, p := range points {
		count += p.GetCount()
		for _, a := range p.GetAttributes() {
			if a.GetValue().GetStringValue() == cardinality.DefaultMarker {
				others++
			}
		}
	}
	if count != attacks || len(points) > most+most/8+1 || others == 0 {
		t.Errorf("%d points with %d of %d requests, the marker %d times", len(points), count, attacks, others)
	}
	if reading, err := series.Read(ctx); err != nil || reading.Value < float64(3*len(points)) {
		t.Errorf("%+v, %v; one of the histograms has %d points", reading, err, len(points))
	}
}
