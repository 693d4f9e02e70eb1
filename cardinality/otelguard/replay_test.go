package otelguard

import (
	"fmt"
	"net"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/govitals/govitals/cardinality"
)

// The attributes of CVE-2023-45142: otelhttp up to 0.43 took the method and the
// user agent of a request as they came. Those of CVE-2023-47108: otelgrpc up to 0.45
// took the address and the port of the client.
func vulnerable(m metric.Meter, i int) {
	requests, _ := m.Int64Counter("http.server.request_count")
	requests.Add(background, 1, metric.WithAttributes(
		attribute.String("http.method", fmt.Sprint("M", i)), attribute.String("http.user_agent", fmt.Sprint("agent ", i)),
		attribute.String("http.scheme", "http"), attribute.Int("http.status_code", 200)))
	seconds, _ := m.Float64Histogram("rpc.server.duration")
	seconds.Record(background, 0.1, metric.WithAttributeSet(attribute.NewSet(
		attribute.String("rpc.service", "Orders"), attribute.String("rpc.method", "Get"),
		attribute.String("net.sock.peer.addr", net.IPv4(10, 0, byte(i>>8), byte(i)).String()), attribute.Int("net.sock.peer.port", 1024+i))))
}

// What attackers bring leaves the sets bounded and the totals exact, and the trip
// names the attribute and who recorded it.
func TestReplay(t *testing.T) {
	p, reader := guarded(t, cardinality.MaxSets(100))
	m := p.Meter("test")
	const n = 2000
	for i := range n {
		vulnerable(m, i)
	}
	for name, labels := range map[string][]string{
		"http.server.request_count": {"http.method", "http.user_agent"},
		"rpc.server.duration":       {"net.sock.peer.addr", "net.sock.peer.port"},
	} {
		all := points(t, reader, name)
		if sum(all) != n || len(all) > 100+12+1 {
			t.Errorf("%s: %d points with %v of %d", name, len(all), sum(all), n)
		}
		for _, s := range p.Overview() {
			if s.Metric != name {
				continue
			}
			trip := s.Trips[0]
			if trip.Label != labels[0] && trip.Label != labels[1] {
				t.Errorf("%s: %q tripped", name, trip.Label)
			}
			if len(trip.Stack) == 0 {
				t.Errorf("%s: stack %q", name, trip.Stack)
			}
		}
	}
}
