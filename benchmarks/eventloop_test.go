//go:build linux

package benchmarks

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/govitals/govitals/eventloop"
)

// lagChild tells a child process what to do.
const lagChild = "GOVITALS_LAG_CHILD"

// stampEvery is the pace of the child that tells the truth: it shares no period with
// the probes.
const stampEvery = 7 * time.Millisecond

// TestLagChild is the child process of the benchmarks below.
func TestLagChild(t *testing.T) {
	switch mode := os.Getenv(lagChild); mode {
	case "":
		t.Skip("it has nothing to do by itself")
	case "stamps":
		writeStamps()
	case "stopped":
		beStopped(t)
	default:
		beIdle(t, mode)
	}
}

func child(mode string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run", "^TestLagChild$", "-test.v")
	cmd.Env = append(os.Environ(), lagChild+"="+mode)
	return cmd
}

// monotonic reads the clock that all processes of the machine share.
func monotonic() int64 {
	var now syscall.Timespec
	_, _, _ = syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&now)), 0)
	return now.Nano()
}

// writeStamps writes the time to descriptor 3 until nobody reads it.
func writeStamps() {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, -20) // a delay of its own would be missing in the truth
	var stamp [8]byte
	for next := monotonic(); ; next += int64(stampEvery) {
		if wait := next - monotonic(); wait > 0 {
			pause := syscall.NsecToTimespec(wait)
			_ = syscall.Nanosleep(&pause, nil)
		}
		binary.NativeEndian.PutUint64(stamp[:], uint64(monotonic()))
		if _, err := syscall.Write(3, stamp[:]); err != nil {
			return
		}
	}
}

// truth is what a goroutine feels that is woken by the netpoller, as one that reads
// a request is.
type truth struct {
	pipe   *os.File
	child  *exec.Cmd
	delays []time.Duration
	group  sync.WaitGroup
}

func startTruth(tb testing.TB) *truth {
	tb.Helper()
	in, out, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := child("stamps")
	cmd.ExtraFiles = []*os.File{out}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	out.Close()
	tr := &truth{pipe: in, child: cmd}
	var first [8]byte
	if _, err := in.Read(first[:]); err != nil {
		tb.Fatal(err)
	}
	tr.group.Go(tr.read)
	return tr
}

func (tr *truth) read() {
	var stamps [8 * 1024]byte
	for {
		n, err := tr.pipe.Read(stamps[:])
		if err != nil {
			return
		}
		now := monotonic()
		for i := 0; i+8 <= n; i += 8 {
			tr.delays = append(tr.delays, time.Duration(now-int64(binary.NativeEndian.Uint64(stamps[i:]))))
		}
	}
}

// stop returns the delays, sorted.
func (tr *truth) stop() []time.Duration {
	_ = tr.child.Process.Kill()
	_ = tr.child.Wait()
	tr.pipe.Close()
	tr.group.Wait()
	slices.Sort(tr.delays)
	return tr.delays
}

// spin keeps all processors busy with n goroutines each until stop is called.
func spin(n int) (stop func()) {
	var done atomic.Bool
	var group sync.WaitGroup
	for range n * runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for x := 0; !done.Load(); x++ {
			}
		})
	}
	return func() {
		done.Store(true)
		group.Wait()
	}
}

// quantiles that are compared.
var compared = []float64{0.5, 0.9, 0.99}

func quantile(sorted []time.Duration, q float64) float64 {
	return float64(sorted[min(len(sorted)-1, int(math.Ceil(q*float64(len(sorted))))-1)])
}

// againstTruth runs a probe for some seconds beside the truth and n spinners per
// processor. It returns the quantiles of both.
func againstTruth(b *testing.B, n int, begin func(*testing.B) (end func(q float64) float64)) (probe, real [3]float64) {
	b.Helper()
	stop := spin(n)
	defer stop()
	tr := startTruth(b)
	time.Sleep(300 * time.Millisecond)
	end := begin(b)
	time.Sleep(8 * time.Second)
	for i, q := range compared {
		probe[i] = end(q)
	}
	delays := tr.stop()
	for i, q := range compared {
		real[i] = quantile(delays, q)
	}
	return probe, real
}

// withProbe measures with an eventloop.Probe of the default periods.
func withProbe(mode eventloop.Mode) func(*testing.B) func(float64) float64 {
	return withConfig(eventloop.Config{Mode: mode})
}

func withConfig(config eventloop.Config) func(*testing.B) func(float64) float64 {
	return func(b *testing.B) func(float64) float64 {
		p, err := eventloop.New(config)
		if err != nil {
			b.Fatal(err)
		}
		if err := p.Start(b.Context()); err != nil {
			b.Fatal(err)
		}
		before := p.Snapshot()
		var window *eventloop.Snapshot
		return func(q float64) float64 {
			if window == nil {
				w := p.Snapshot().Sub(before)
				window = &w
				p.Close()
			}
			return float64(window.Quantile(q))
		}
	}
}

// withSleep measures as most probes do: sleep, and see how late it is.
func withSleep(*testing.B) func(float64) float64 {
	var lags []time.Duration
	var done atomic.Bool
	var group sync.WaitGroup
	group.Go(func() {
		for !done.Load() {
			start := time.Now()
			time.Sleep(10 * time.Millisecond)
			lags = append(lags, time.Since(start)-10*time.Millisecond)
		}
	})
	return func(q float64) float64 {
		done.Store(true)
		group.Wait()
		slices.Sort(lags)
		return quantile(lags, q)
	}
}

// BenchmarkLagTruth compares the quantiles of a Probe, of its fallback and of a
// probe that sleeps with what a goroutine behind a pipe really feels, one probe at a
// time, in turns.
//
//	go test -run '^$' -bench LagTruth -benchtime 3x
func BenchmarkLagTruth(b *testing.B) {
	for _, spinners := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprintf("spinners=%d", spinners), func(b *testing.B) {
			ratios := map[string][]float64{}
			var felt []float64
			for b.Loop() {
				for name, begin := range map[string]func(*testing.B) func(float64) float64{
					"probe": withProbe(eventloop.Netpoll), "timer": withProbe(eventloop.Timer), "sleep": withSleep,
				} {
					probe, real := againstTruth(b, spinners, begin)
					for i, q := range compared {
						key := fmt.Sprintf("%s/p%.0f", name, 100*q)
						ratios[key] = append(ratios[key], probe[i]/real[i])
					}
					felt = append(felt, real[1]/1e6)
				}
			}
			b.ReportMetric(0, "ns/op")
			for key, all := range ratios {
				b.ReportMetric(median(all), key)
			}
			b.ReportMetric(median(felt), "truth-p90-ms")
		})
	}
}

// BenchmarkLagIdle reports the median of an idle process. On a machine that others
// use, a process that wakes up ten times a second gets a processor later than one
// that wakes up a hundred times, so both are shown.
//
//	go test -run '^$' -bench LagIdle -benchtime 3x
func BenchmarkLagIdle(b *testing.B) {
	figures := map[string][]float64{}
	for b.Loop() {
		for name, begin := range map[string]func(*testing.B) func(float64) float64{
			"probe-100ms": withConfig(eventloop.Config{Mode: eventloop.Netpoll, Period: 100 * time.Millisecond}),
			"probe-10ms":  withConfig(eventloop.Config{Mode: eventloop.Netpoll, IdlePeriod: 10 * time.Millisecond}),
			"timer-10ms":  withConfig(eventloop.Config{Mode: eventloop.Timer, IdlePeriod: 10 * time.Millisecond}),
			"sleep-10ms":  withSleep,
		} {
			probe, real := againstTruth(b, 0, begin)
			figures[name] = append(figures[name], probe[0]/1e6)
			figures["truth"] = append(figures["truth"], real[0]/1e6)
		}
	}
	b.ReportMetric(0, "ns/op")
	for name, all := range figures {
		b.ReportMetric(median(all), name+"-p50-ms")
	}
}
