//go:build unix

package benchmarks

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/govitals/govitals/vitals"
)

// serveAs tells a child process what kind of idle service it is.
const serveAs = "GOVITALS_SERVE_AS"

const (
	// idleServiceFor is how long each service idles: longer than the two minutes
	// after which the runtime forces a collection.
	idleServiceFor = 130 * time.Second
	// servicesOfEach run side by side.
	servicesOfEach = 5
)

// BenchmarkIdleService compares the CPU time of an idle web service that carries
// vitals, all detectors and a state file included, with that of the same service
// without. They run side by side, and medians are compared.
//
//	go test -run '^$' -bench IdleService -benchtime 1x
func BenchmarkIdleService(b *testing.B) {
	for b.Loop() {
		all := sideBySide(b, servicesOfEach, []string{"watched", "plain"}, used("TestIdleServiceChild", serveAs))
		percent := func(kind string) float64 {
			return medianOf(all[kind], func(u usage) float64 { return 100 * float64(u.idle) / float64(idleServiceFor) })
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(percent("watched"), "vitals-%core")
		b.ReportMetric(percent("plain"), "plain-%core")
		b.ReportMetric(percent("watched")-percent("plain"), "added-%core")
	}
}

// TestIdleServiceChild is the child process of BenchmarkIdleService.
func TestIdleServiceChild(t *testing.T) {
	as := os.Getenv(serveAs)
	if as == "" {
		t.Skip("it has nothing to do by itself")
	}
	defer ballast(1_000)()
	mux := http.NewServeMux()
	if as == "watched" {
		v, err := vitals.Start(t.Context(), vitals.Config{
			NoProbe:   true, // BenchmarkPeersIdleProcess has what it takes
			StateFile: filepath.Join(t.TempDir(), "trends.json"),
			Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		mux.Handle("/debug/", v.Handler())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: mux}
	go server.Serve(listener)
	defer server.Close()
	time.Sleep(time.Second) // what begins is not idle
	before := resources(t)
	time.Sleep(idleServiceFor)
	printUsage(t, before)
}
