//go:build unix

package benchmarks

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
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
		monitors, tickers := idleSideBySide(b)
		ratio := func(figure func(usage) float64) float64 {
			return medianOf(monitors, figure) / medianOf(tickers, figure)
		}
		life := func(u usage) float64 { return float64(u.life) }
		idle := func(u usage) float64 { return float64(u.idle) }
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(ratio(life), "cpu/ticker")
		b.ReportMetric(ratio(idle), "idle-cpu/ticker")
		b.ReportMetric(ratio(func(u usage) float64 { return float64(u.switches) }), "switches/ticker")
		b.ReportMetric(medianOf(monitors, idle)/float64(idleFor)*1e6, "monitor-cpu-ppm")
	}
}

// sideBySide is how many processes of each kind run at once.
const sideBySide = 5

func idleSideBySide(b *testing.B) (monitors, tickers []usage) {
	b.Helper()
	return childrenSideBySide(b, sideBySide, "monitor", "ticker", idleChild)
}

// childrenSideBySide runs processes of two kinds at once, so many of each, and
// returns what they used.
func childrenSideBySide(b *testing.B, ofEach int, one, other string, child func(as string) (usage, error)) (ones, others []usage) {
	b.Helper()
	type outcome struct {
		as    string
		usage usage
		err   error
	}
	outcomes := make(chan outcome)
	for i := range 2 * ofEach {
		as := []string{one, other}[i%2]
		go func() {
			u, err := child(as)
			outcomes <- outcome{as, u, err}
		}()
	}
	for range 2 * ofEach {
		o := <-outcomes
		switch {
		case o.err != nil:
			b.Fatal(o.err)
		case o.as == one:
			ones = append(ones, o.usage)
		default:
			others = append(others, o.usage)
		}
	}
	return ones, others
}

func medianOf(all []usage, figure func(usage) float64) float64 {
	figures := make([]float64, len(all))
	for i, u := range all {
		figures[i] = figure(u)
	}
	return median(figures)
}

// usage is what a process took: in its whole life, and of that while it idled.
type usage struct {
	life, idle time.Duration
	switches   int64 // voluntary context switches while it idled
}

func idleChild(as string) (u usage, err error) {
	program, err := os.Executable()
	if err != nil {
		return u, err
	}
	child := exec.Command(program, "-test.run", "^TestIdleChild$", "-test.v")
	child.Env = append(os.Environ(), idleAs+"="+as)
	output, err := child.Output()
	if err != nil {
		return u, fmt.Errorf("%w: %s", err, output)
	}
	_, figures, found := strings.Cut(string(output), "IDLE ")
	fields := strings.Fields(figures)
	if !found || len(fields) < 2 {
		return u, fmt.Errorf("the child says %s", output)
	}
	if u.idle, err = time.ParseDuration(fields[0]); err != nil {
		return u, err
	}
	u.switches, err = strconv.ParseInt(fields[1], 10, 64)
	u.life = child.ProcessState.UserTime() + child.ProcessState.SystemTime()
	return u, err
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
			after := resources(t)
			spent := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
			fmt.Printf("IDLE %v %d\n", spent, after.Nvcsw-before.Nvcsw)
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
