//go:build unix

package benchmarks

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/govitals/govitals/heap"
)

// idleFor is how long each process idles.
const idleFor = 25 * time.Second

// idleAs tells a child process what to do while it idles.
const idleAs = "GOVITALS_IDLE_AS"

// BenchmarkIdleProcess compares the CPU time of an idle process with a Monitor
// with that of one with a bare ticker of a second. Several of each run side by
// side, so that what disturbs one kind disturbs the other, and medians are
// compared.
//
//	go test -run '^$' -bench IdleProcess -benchtime 1x
func BenchmarkIdleProcess(b *testing.B) {
	for b.Loop() {
		all := sideBySide(b, 5, []string{"monitor", "ticker"}, used("TestIdleChild", idleAs))
		ratio := func(figure func(usage) float64) float64 {
			return medianOf(all["monitor"], figure) / medianOf(all["ticker"], figure)
		}
		life := func(u usage) float64 { return float64(u.life) }
		idle := func(u usage) float64 { return float64(u.idle) }
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(ratio(life), "cpu/ticker")
		b.ReportMetric(ratio(idle), "idle-cpu/ticker")
		b.ReportMetric(ratio(func(u usage) float64 { return float64(u.switches) }), "switches/ticker")
		b.ReportMetric(medianOf(all["monitor"], idle)/float64(idleFor)*1e6, "monitor-cpu-ppm")
	}
}

// usage is what a process took: in its whole life, and of that while it idled.
type usage struct {
	life, idle time.Duration
	switches   int64 // voluntary context switches while it idled
}

// used runs one of the tests below as a process that ends with printUsage.
func used(test, variable string) func(kind string) (usage, error) {
	return func(kind string) (u usage, err error) {
		said, state, err := inChild(test, variable, kind, "USED")
		if err != nil {
			return u, err
		}
		u.life = state.UserTime() + state.SystemTime()
		_, err = fmt.Sscan(said, &u.idle, &u.switches)
		return u, err
	}
}

// printUsage says what this process has used since.
func printUsage(t *testing.T, before syscall.Rusage) {
	t.Helper()
	after := resources(t)
	spent := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	fmt.Printf("USED %d %d\n", spent, after.Nvcsw-before.Nvcsw)
}

// TestIdleChild is the child process of BenchmarkIdleProcess.
func TestIdleChild(t *testing.T) {
	switch os.Getenv(idleAs) {
	case "monitor":
		monitor, err := heap.NewMonitor(heap.MonitorConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if err := monitor.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer monitor.Close()
		idle(t, make(chan time.Time))
	case "ticker":
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		idle(t, ticker.C)
	default:
		t.Skip("it has nothing to do by itself")
	}
}

func idle(t *testing.T, ticks <-chan time.Time) {
	end := time.After(idleFor)
	before := resources(t)
	for {
		select {
		case <-ticks:
		case <-end:
			printUsage(t, before)
			return
		}
	}
}

func resources(t *testing.T) (r syscall.Rusage) {
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// BenchmarkMonitorReaders compares what readers of a Monitor pay with what they
// would pay for a reading of their own.
func BenchmarkMonitorReaders(b *testing.B) {
	defer ballast(1_000)()
	monitor, err := heap.NewMonitor(heap.MonitorConfig{})
	if err != nil {
		b.Fatal(err)
	}
	if err := monitor.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer monitor.Close()
	var stats heap.Stats
	race(b,
		contestant{"Snapshot", 200, func() { _ = monitor.Snapshot() }},
		contestant{"heap.Read", 200, func() { heap.Read(&stats) }},
	)
}

// BenchmarkReadExact compares the exact reading with the two forced collections
// that it consists of, and with a reading that does not stop the world.
func BenchmarkReadExact(b *testing.B) {
	defer ballast(1_000)()
	var stats heap.Stats
	race(b,
		contestant{"ReadExact", 1, func() { heap.ReadExact(&stats) }},
		contestant{"heap.Read", 200, func() { heap.Read(&stats) }},
	)
}
