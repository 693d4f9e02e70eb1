//go:build linux

package benchmarks

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/govitals/govitals/eventloop"
)

const (
	// shedFor is how long a server is overloaded, after shedBefore at half of what it
	// can do: all answers but those before are compared.
	shedFor, shedBefore = 5 * time.Second, time.Second
	// shedPatience is for how long answers are waited for afterwards.
	shedPatience = time.Second
	// shedWork is the processor time that a request takes.
	shedWork = 5 * time.Millisecond
	// shedTarget is what requests that are admitted may take, work included. Where the
	// machine is so busy with other things that a request alone takes longer, it is
	// shedRoom times as long as that.
	shedTarget, shedRoom = 100 * time.Millisecond, 3
	// shedProbing is for how long it is tried what the server can do.
	shedProbing = 2 * time.Second
	// shedConnections bounds how many requests a server has at a time.
	shedConnections = 500
)

// shedOverloads are how much more than it can do the server is asked for.
var shedOverloads = []float64{1.5, 3, 10}

// busy uses the processor for a while. It counts work and not time: a goroutine that
// was not run for a moment has as much to do as before.
func busy(rounds int) (x uint32) {
	x = 1
	for range rounds {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
	}
	return x
}

// roundsFor returns the rounds that take a time of a processor of this machine: the
// least of some tries, which others did not disturb.
func roundsFor(d time.Duration) int {
	const rounds = 1 << 18
	var took []float64
	for range 100 {
		start := time.Now()
		if busy(rounds) == 0 {
			panic("a shift register never gets to zero")
		}
		took = append(took, float64(time.Since(start)))
	}
	return int(rounds * float64(d) / slices.Min(took))
}

// shedServer is a server with a Shedder, or without one if maxLag is 0.
type shedServer struct {
	addr   string
	server *http.Server
	probe  *eventloop.Probe
}

func newShedServer(b *testing.B, rounds int, maxLag time.Duration) *shedServer {
	b.Helper()
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, busy(rounds))
	})
	probe, err := eventloop.New(eventloop.Config{})
	if err != nil {
		b.Fatal(err)
	}
	if err := probe.Start(context.Background()); err != nil {
		b.Fatal(err)
	}
	if maxLag > 0 {
		handler = eventloop.Shed(handler, eventloop.ShedConfig{Probe: probe, MaxLag: maxLag})
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := &shedServer{listener.Addr().String(), &http.Server{Handler: handler}, probe}
	go func() { _ = s.server.Serve(listener) }()
	return s
}

func (s *shedServer) close() {
	_ = s.server.Close()
	_ = s.probe.Close()
}

// shedFigures are what came of one overload. Those that got no answer count as
// admitted: they have waited until the end at least.
type shedFigures struct {
	admitted, refused []float64 // how long they took, in milliseconds, sorted
	answered          float64   // per second, of those admitted, while the overload lasted
}

func (s *shedServer) overload(b *testing.B, capacity, times float64) (f shedFigures) {
	b.Helper()
	for _, a := range (clients{
		Addr: s.addr, Connections: shedConnections, Before: shedBefore, For: shedFor, Patience: shedPatience,
		Rate: times * capacity, RateBefore: capacity / 2,
	}).ask(b) {
		took := float64(a.Took) / 1e6
		switch {
		case a.Due < shedBefore:
			continue
		case a.Code == http.StatusServiceUnavailable:
			f.refused = append(f.refused, took)
			continue
		case a.Code == http.StatusOK && a.Due+a.Took < shedBefore+shedFor:
			f.answered += 1 / shedFor.Seconds()
		}
		f.admitted = append(f.admitted, took)
	}
	slices.Sort(f.admitted)
	slices.Sort(f.refused)
	return f
}

// within returns how many per second were answered within a time in milliseconds.
func (f shedFigures) within(target float64) float64 {
	n, _ := slices.BinarySearch(f.admitted, target)
	return float64(n) / shedFor.Seconds()
}

// at returns a quantile, 0 if there is nothing.
func at(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// capacity returns how many requests are answered per second when eight are always
// there, and the p99 in milliseconds of what they take with one at a time: what the
// machine does to a request that waits for no other.
func (s *shedServer) capacity(b *testing.B) (perSecond, alone float64) {
	b.Helper()
	one := clients{Addr: s.addr, Connections: 1, For: shedProbing, Patience: shedPatience}.ask(b)
	var took []float64
	for _, a := range one {
		took = append(took, float64(a.Took)/1e6)
	}
	slices.Sort(took)
	many := clients{Addr: s.addr, Connections: 8, For: shedProbing, Patience: shedPatience}.ask(b)
	return float64(len(many)) / shedProbing.Seconds(), at(took, 0.99)
}

// BenchmarkShed overloads a real server, in turns with a Shedder and without, and
// compares with what requests take that come one at a time: others use the machine as
// well. The clients are another process. Goodput is the share of what the server
// answers without a Shedder, at whatever time, that is answered within the target.
//
//	go test -run '^$' -bench 'Shed$' -benchtime 3x
func BenchmarkShed(b *testing.B) {
	for _, times := range shedOverloads {
		b.Run(strconv.FormatFloat(times, 'g', -1, 64)+"x", func(b *testing.B) {
			figures := map[string][]float64{}
			rounds := roundsFor(shedWork)
			for b.Loop() {
				for name, value := range shedInTurns(b, rounds, times) {
					figures[name] = append(figures[name], value)
				}
			}
			b.ReportMetric(0, "ns/op")
			for name, all := range figures {
				b.ReportMetric(median(all), name)
			}
		})
	}
}

func shedInTurns(b *testing.B, rounds int, times float64) map[string]float64 {
	b.Helper()
	plain := newShedServer(b, rounds, 0)
	defer plain.close()
	capacity, alone := plain.capacity(b)
	target := max(float64(shedTarget)/1e6, shedRoom*alone)
	shed := newShedServer(b, rounds, time.Duration(target*1e6))
	defer shed.close()
	with, without := shed.overload(b, capacity, times), plain.overload(b, capacity, times)
	p99, collapsed := at(with.admitted, 0.99), at(without.admitted, 0.99)
	return map[string]float64{
		"target-ms": target, "alone-p99/target": alone / target, "refused-p99/target": at(with.refused, 0.99) / target,
		"shed-p99/target": p99 / target, "unshed-p99/target": collapsed / target, "unshed/shed-p99": collapsed / p99,
		"shed-goodput":   with.within(target) / without.answered,
		"unshed-goodput": without.within(target) / without.answered,
	}
}

// BenchmarkShedAdmission compares a handler behind a Shedder that refuses nothing with
// the handler alone.
//
//	go test -run '^$' -bench ShedAdmission -benchtime 200x
func BenchmarkShedAdmission(b *testing.B) {
	probe, err := eventloop.New(eventloop.Config{})
	if err != nil {
		b.Fatal(err)
	}
	if err := probe.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer probe.Close()
	var plain http.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	shed := eventloop.Shed(plain, eventloop.ShedConfig{Probe: probe})
	r := httptest.NewRequest("GET", "/", nil)
	race(b,
		contestant{"shed", 20_000, func() { shed.ServeHTTP(nil, r) }},
		contestant{"plain", 20_000, func() { plain.ServeHTTP(nil, r) }},
	)
}
