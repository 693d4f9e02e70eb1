//go:build linux

package benchmarks

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/vitals"
)

// carryAs tells a child process what to carry while it idles.
const carryAs = "GOVITALS_CARRY_AS"

const (
	// carriedFor is how long each process idles: longer than the two minutes after
	// which the runtime forces a collection.
	carriedFor = 125 * time.Second
	// carriersOfEach run side by side.
	carriersOfEach = 3
)

// carried is what a process reports of itself.
type carried struct {
	CPU        time.Duration // while it idled, of the kernel on its behalf included
	Switches   int64         // voluntary context switches meanwhile
	RSS        float64       // anonymous resident memory at the end, in bytes
	Heap       float64       // live after a forced collection, in bytes
	Goroutines float64
}

// BenchmarkCarryingVitals compares a process that does nothing but to carry all of
// vitals with one that does nothing: "vitals" as vitals.Config{} is, "kept" with a
// state file and a directory for captures, "noprobe" without the probe of delays.
// They run side by side, and medians are compared. All have allocated 16 MiB
// before, so that garbage up to the least heap at which the runtime collects, 4
// MiB, counts for all of them.
//
//	go test -run '^$' -bench CarryingVitals -benchtime 1x
func BenchmarkCarryingVitals(b *testing.B) {
	for b.Loop() {
		all := sideBySide(b, carriersOfEach, []string{"vitals", "kept", "noprobe", "nothing"}, carrier)
		b.ReportMetric(0, "ns/op")
		for _, as := range []string{"vitals", "kept", "noprobe"} {
			added := func(figure func(carried) float64) float64 {
				return medianOf(all[as], figure) - medianOf(all["nothing"], figure)
			}
			b.ReportMetric(added(func(c carried) float64 { return c.CPU.Seconds() })/carriedFor.Seconds()*100, as+"-added-%core")
			b.ReportMetric(added(func(c carried) float64 { return c.RSS })/(1<<20), as+"-added-MiB")
			b.ReportMetric(added(func(c carried) float64 { return c.Heap })/(1<<20), as+"-added-live-MiB")
			b.ReportMetric(added(func(c carried) float64 { return c.Goroutines }), as+"-goroutines")
			b.ReportMetric(added(func(c carried) float64 { return float64(c.Switches) })/carriedFor.Seconds(), as+"-switches/s")
		}
	}
}

func carrier(as string) (c carried, err error) {
	said, _, err := inChild("TestCarrierChild", carryAs, as, "CARRIED")
	if err != nil {
		return c, err
	}
	return c, json.NewDecoder(strings.NewReader(said)).Decode(&c)
}

// TestCarrierChild is the child process of BenchmarkCarryingVitals.
func TestCarrierChild(t *testing.T) {
	as := os.Getenv(carryAs)
	if as == "" {
		t.Skip("it has nothing to do by itself")
	}
	if as != "nothing" {
		config := vitals.Config{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
		config.NoProbe = as == "noprobe"
		if as == "kept" {
			config.StateFile, config.CaptureDir = filepath.Join(t.TempDir(), "trends"), t.TempDir()
		}
		v, err := vitals.Start(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
	}
	for range 4096 {
		churned = make([]byte, 4096)
	}
	time.Sleep(2 * time.Second) // what begins is not idle
	before := resources(t)
	time.Sleep(carriedFor)
	after := resources(t)
	c := carried{
		CPU:        time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()),
		Switches:   after.Nvcsw - before.Nvcsw,
		Goroutines: float64(runtime.NumGoroutine()), RSS: anonymous(t),
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	c.Heap = float64(m.HeapAlloc)
	line, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("CARRIED %s\n", line)
}

var churned []byte // keeps the allocations from being left out

// anonymous is the resident memory that no file backs, as the kernel says it.
func anonymous(t *testing.T) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes float64
		if n, _ := fmt.Sscanf(line, "RssAnon: %f kB", &kilobytes); n == 1 {
			return kilobytes * 1024
		}
	}
	t.Fatal("no RssAnon in /proc/self/status")
	return 0
}
