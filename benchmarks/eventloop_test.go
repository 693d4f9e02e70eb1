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
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/govitals/govitals/eventloop"
	"github.com/govitals/govitals/internal/exphist"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
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

// beStopped says what a probe saw while the process was stopped.
func beStopped(t *testing.T) {
	p, err := eventloop.New(eventloop.Config{IdlePeriod: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	time.Sleep(50 * time.Millisecond)
	before := p.Snapshot()
	fmt.Println("READY")
	var line string
	fmt.Scanln(&line)
	time.Sleep(50 * time.Millisecond)
	w := p.Snapshot().Sub(before)
	fmt.Printf("SAW %d %d\n", p.Snapshot().Max, w.Missed)
}

// BenchmarkLagStopped stops a process for a while and compares what its probe saw
// with how long it was.
//
//	go test -run '^$' -bench LagStopped -benchtime 10x
func BenchmarkLagStopped(b *testing.B) {
	var off []float64
	for b.Loop() {
		off = append(off, stopOnce(b))
	}
	slices.Sort(off)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(off), "off-ms")
	b.ReportMetric(off[len(off)-1], "off-most-ms")
	b.ReportMetric(off[0], "off-least-ms")
}

// stopOnce returns by how many milliseconds the probe saw too little.
func stopOnce(b *testing.B) float64 {
	cmd := child("stopped")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	buffer := make([]byte, 4096)
	said := ""
	hear := func(word string) {
		for !strings.Contains(said, word) {
			n, err := out.Read(buffer)
			if err != nil {
				b.Fatalf("%v after %q", err, said)
			}
			said += string(buffer[:n])
		}
	}
	hear("READY")
	start := monotonic()
	_ = cmd.Process.Signal(syscall.SIGSTOP)
	time.Sleep(200 * time.Millisecond)
	_ = cmd.Process.Signal(syscall.SIGCONT)
	stopped := monotonic() - start
	_, _ = in.Write([]byte("\n"))
	hear("PASS")
	var max, missed int64
	_, figures, _ := strings.Cut(said, "SAW ")
	if _, err := fmt.Sscan(figures, &max, &missed); err != nil {
		b.Fatalf("%v in %q", err, said)
	}
	_ = cmd.Wait()
	return float64(stopped-max) / 1e6
}

// beIdle says what an idle process takes: "none", a probe with a period, or a plain
// loop that sleeps that long.
func beIdle(t *testing.T, mode string) {
	before := outside(t)
	who, words, _ := strings.Cut(mode, " ")
	period, _ := time.ParseDuration(words)
	switch who {
	case "probe":
		p, err := eventloop.New(eventloop.Config{Period: period, IdlePeriod: period})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
	case "sleep":
		go func() {
			for {
				time.Sleep(period)
			}
		}()
	}
	time.Sleep(3 * time.Second) // until it is idle
	cpu := resources(t)
	var memory, now runtime.MemStats
	runtime.ReadMemStats(&memory)
	time.Sleep(idleFor)
	runtime.ReadMemStats(&now)
	after := resources(t)
	spent := after.Utime.Nano() + after.Stime.Nano() - cpu.Utime.Nano() - cpu.Stime.Nano()
	held := outside(t)
	fmt.Printf("IDLE %d %d %d %d\n", spent, now.Mallocs-memory.Mallocs, held[0]-before[0], held[1]-before[1])
}

// outside returns how many descriptors and threads the process has.
func outside(t *testing.T) (counts [2]int) {
	for i, dir := range []string{"/proc/self/fd", "/proc/self/task"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		counts[i] = len(entries)
	}
	return counts
}

// BenchmarkLagCost compares idle processes with and without a probe. They run side by
// side, so that what disturbs one disturbs the others.
//
//	go test -run '^$' -bench LagCost -benchtime 1x
func BenchmarkLagCost(b *testing.B) {
	modes := []string{"none", "probe 100ms", "sleep 100ms", "probe 10ms", "sleep 10ms"}
	figures := map[string][][4]float64{}
	var mu sync.Mutex
	for b.Loop() {
		var group sync.WaitGroup
		for range 3 {
			for _, mode := range modes {
				group.Go(func() {
					output, err := child(mode).Output()
					_, words, _ := strings.Cut(string(output), "IDLE ")
					var f [4]float64
					if _, scan := fmt.Sscan(words, &f[0], &f[1], &f[2], &f[3]); err != nil || scan != nil {
						b.Errorf("%v: %s", err, output)
					}
					mu.Lock()
					defer mu.Unlock()
					figures[mode] = append(figures[mode], f)
				})
			}
		}
		group.Wait()
	}
	of := func(mode string, i int) float64 {
		var all []float64
		for _, f := range figures[mode] {
			all = append(all, f[i])
		}
		return median(all)
	}
	b.ReportMetric(0, "ns/op")
	for _, mode := range modes[1:] {
		name := strings.ReplaceAll(mode, " ", "-")
		b.ReportMetric(100*(of(mode, 0)-of("none", 0))/float64(idleFor), name+"-cpu-%")
		if strings.HasPrefix(mode, "probe") {
			b.ReportMetric((of(mode, 1)-of("none", 1))/idleFor.Seconds(), name+"-allocs/s")
			b.ReportMetric(of(mode, 2)-of("none", 2), name+"-descriptors")
			b.ReportMetric(of(mode, 3)-of("none", 3), name+"-threads")
		}
	}
}

// BenchmarkLagRecord compares counting 20,000 delays with doing so in client_golang,
// in buckets of powers of two and in its default ones. A round is a loop of direct
// calls, and the delays are too many for a processor to learn which comes next.
//
//	go test -run '^$' -bench LagRecord -benchtime 200x
func BenchmarkLagRecord(b *testing.B) {
	classic := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "a", Help: "a", Buckets: prometheus.ExponentialBuckets(1.0/8192, 2, 18)})
	normal := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "b", Help: "b"})
	native := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "c", Help: "c", NativeHistogramBucketFactor: 1.1})
	var ours exphist.Histogram
	lags := make([]time.Duration, 20_000)
	for i := range lags {
		lags[i] = time.Duration(20_000 * math.Exp(float64(i*7919%len(lags))/float64(len(lags))*math.Log(85_000)))
	}
	observe := func(h prometheus.Histogram) func() {
		return func() {
			for _, lag := range lags {
				h.Observe(lag.Seconds())
			}
		}
	}
	race(b,
		contestant{"ours", 1, func() {
			for _, lag := range lags {
				ours.Record(lag, 1)
			}
		}},
		contestant{"classic", 1, observe(classic)},
		contestant{"classic-default", 1, observe(normal)},
		contestant{"native", 1, observe(native)},
	)
}

// BenchmarkLagSnapshot times what a reader pays, with 1,000 goroutines about.
func BenchmarkLagSnapshot(b *testing.B) {
	defer ballast(1_000)()
	p, err := eventloop.New(eventloop.Config{})
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	race(b,
		contestant{"Snapshot", 200, func() { _ = p.Snapshot() }},
		contestant{"Overdue", 200, func() { _ = p.Overdue() }},
	)
}

// TestLagBucketsAreThoseOfPrometheus has both count the same delays.
func TestLagBucketsAreThoseOfPrometheus(t *testing.T) {
	theirs := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "a", Help: "a", NativeHistogramBucketFactor: 1.05})
	var ours exphist.Histogram
	for d := time.Microsecond; d < time.Hour; d += d/29 + 1 {
		theirs.Observe(d.Seconds())
		ours.Record(d, 1)
	}
	for _, d := range []time.Duration{time.Second, 250 * time.Millisecond, 4 * time.Second} {
		theirs.Observe(d.Seconds())
		ours.Record(d, 1)
	}
	var out dto.Metric
	if err := theirs.Write(&out); err != nil {
		t.Fatal(err)
	}
	h := out.GetHistogram()
	counts := ours.Counts()
	want := counts.Metric()
	if h.GetSchema() != 4 {
		t.Fatalf("schema is %d, want 4", h.GetSchema())
	}
	got, index, delta, count := map[int]uint64{}, 0, 0, int64(0)
	for _, span := range h.GetPositiveSpan() {
		index += int(span.GetOffset())
		for range span.GetLength() {
			count += h.GetPositiveDelta()[delta]
			got[index] = uint64(count)
			index++
			delta++
		}
	}
	for i, n := range want.Counts {
		if got[want.First+i] != n {
			t.Errorf("bucket %d has %d, Prometheus counts %d", want.First+i, n, got[want.First+i])
		}
	}
}
