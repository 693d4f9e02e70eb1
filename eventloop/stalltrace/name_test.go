package stalltrace

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

// recorded returns a trace of a time in which the process does something to itself.
func recorded(tb testing.TB, disturb func()) []byte {
	tb.Helper()
	recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: 10 * time.Second, MaxBytes: 32 << 20})
	if err := recorder.Start(); err != nil {
		tb.Fatal(err)
	}
	defer recorder.Stop()
	time.Sleep(20 * time.Millisecond)
	disturb()
	var b bytes.Buffer
	if _, err := recorder.WriteTo(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// alongside runs n goroutines and waits for them.
func alongside(n int, run func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { run(i) })
	}
	group.Wait()
}

var target, source []byte

//go:noinline
func hugeCopy(share, of int) {
	n := len(source) / of
	for range 8 { // the copies are one after the other without a point to stop at
		copy(target[share*n:(share+1)*n], source[share*n:(share+1)*n])
	}
	next(n)
}

//go:noinline
func next(n int) {
	if n < 0 {
		fmt.Println(n)
	}
}

func copyEverywhere() {
	n := runtime.GOMAXPROCS(0)
	alongside(n, func(i int) { hugeCopy(i, n) })
}

// copyAndStop stops the world while a copy cannot be preempted.
func copyAndStop() {
	var group sync.WaitGroup
	group.Go(func() { hugeCopy(0, 1) })
	time.Sleep(10 * time.Millisecond)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	group.Wait()
}

//go:noinline
func digest(end time.Time) {
	block := make([]byte, 1<<16)
	for time.Now().Before(end) {
		sum := sha256.Sum256(block)
		copy(block, sum[:])
	}
}

func burn() {
	end := time.Now().Add(400 * time.Millisecond)
	alongside(8*runtime.GOMAXPROCS(0), func(int) { digest(end) })
}

//go:noinline
func dumpAll() { runtime.Stack(make([]byte, 64<<20), true) }

// dumpMany dumps the stacks of many goroutines.
func dumpMany() {
	release := make(chan struct{})
	var group sync.WaitGroup
	for range 20_000 {
		group.Go(func() { <-release })
	}
	dumpAll()
	close(release)
	group.Wait()
}

func TestTheFunctionThatIsToBlameIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("disturbs the process for a second")
	}
	source, target = make([]byte, 256<<20), make([]byte, 256<<20)
	for i := 0; i < len(source); i += 4096 {
		source[i], target[i] = 1, 1
	}
	defer func() { source, target = nil, nil }()
	for name, test := range map[string]struct {
		disturb func()
		named   func([]finding.Culprit, []string) bool
		want    []string
	}{
		"copy":    {copyEverywhere, begin, []string{"stalltrace.hugeCopy"}},
		"spin":    {burn, begin, []string{"stalltrace.digest"}},
		"blocked": {copyAndStop, begin, []string{"stalltrace.hugeCopy", "stop-the-world (read mem stats)"}},
		"dump":    {dumpMany, begin, []string{"stalltrace.dumpAll", "stop-the-world (all goroutines stack trace)"}},
		"collect": {collectHard, hold, []string{"stalltrace.tree", collection}}, // which of them took more is chance
	} {
		t.Run(name, func(t *testing.T) {
			if name == "blocked" && runtime.GOMAXPROCS(0) == 1 {
				t.Skip("needs two processors")
			}
			var culprits []finding.Culprit
			for range tries {
				in := recorded(t, test.disturb)
				var err error
				if culprits, err = Name(bytes.NewReader(in)); err != nil {
					t.Fatal(err)
				}
				t.Logf("%d bytes: %+v", len(in), culprits)
				if test.named(culprits, test.want) {
					break
				}
			}
			if !test.named(culprits, test.want) {
				t.Errorf("in %d recordings the last names %+v, want %q", tries, culprits, test.want)
			}
			check(t, culprits)
		})
	}
}

// tries is how often a disturbance is recorded: on a busy machine something else may
// have waited longer than what waited for the disturbance.
const tries = 5

// begin reports whether the first culprits are the wanted ones.
func begin(culprits []finding.Culprit, want []string) bool {
	if len(culprits) < len(want) {
		return false
	}
	for i, name := range want {
		if !strings.HasSuffix(culprits[i].Name, name) {
			return false
		}
	}
	return true
}

// hold reports whether the wanted ones are among the culprits.
func hold(culprits []finding.Culprit, want []string) bool {
	for _, name := range want {
		if !slices.ContainsFunc(culprits, func(c finding.Culprit) bool { return strings.HasSuffix(c.Name, name) }) {
			return false
		}
	}
	return true
}

// check looks for what no culprit may be. The garbage collector is the first or the
// last.
func check(tb testing.TB, culprits []finding.Culprit) {
	tb.Helper()
	for i, c := range culprits {
		before := culprits[max(0, i-1)]
		apart := c.Name == collection || before.Name == collection || strings.HasPrefix(c.Name, stopPrefix)
		if c.Name == "" || c.Line < 0 || !(c.Share > 0 && c.Share <= 1) || c.Share > before.Share && !apart {
			tb.Errorf("culprit %d is %+v after %+v", i, c, before)
		}
	}
	if len(culprits) > maxCulprits {
		tb.Errorf("%d culprits", len(culprits))
	}
	if at := slices.IndexFunc(culprits, func(c finding.Culprit) bool { return c.Name == collection }); at >= 0 {
		if much := culprits[at].Share >= 0.4; much && at != 0 || !much && at != len(culprits)-1 {
			tb.Errorf("the collector is number %d of %+v", at, culprits)
		}
	}
}

type pair struct{ left, right *pair }

var heaped *pair

//go:noinline
func tree(depth int) *pair {
	if depth == 0 {
		return nil
	}
	return &pair{tree(depth - 1), tree(depth - 1)}
}

// collectHard allocates without a break while a large heap is collected.
func collectHard() {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	heaped = tree(22)
	var stop atomic.Bool
	time.AfterFunc(400*time.Millisecond, func() { stop.Store(true) })
	alongside(4*runtime.GOMAXPROCS(0), func(int) {
		for !stop.Load() {
			tree(10)
		}
	})
	heaped = nil
}

func TestWhatIsNoTraceIsAnError(t *testing.T) {
	whole := recorded(t, func() {})
	for name, in := range map[string]string{
		"empty": "", "text": "no trace at all, but a text that is long enough", "old": "go 1.21 trace\x00\x00\x00 and what follows",
		"cut": string(whole[:len(whole)-len(whole)/3]), "head": string(whole[:16]), "twisted": strings.ReplaceAll(string(whole), "\x03", "\x04"),
	} {
		if culprits, err := Name(strings.NewReader(in)); err == nil || culprits != nil || !strings.HasPrefix(err.Error(), "stalltrace: ") {
			t.Errorf("%s: %v and the error %v", name, culprits, err)
		}
	}
}

// BenchmarkName reads the trace of a second with 900 goroutines, 2,000 tasks and a
// stall at the end.
//
//	go test -run '^$' -bench Name
func BenchmarkName(b *testing.B) {
	release := make(chan struct{})
	defer close(release)
	for range 900 {
		go func() { <-release }()
	}
	in := recorded(b, func() {
		for range 1_000 {
			alongside(2, func(int) { time.Sleep(100 * time.Microsecond) })
		}
		burn()
	})
	for b.Loop() {
		if culprits, err := Name(bytes.NewReader(in)); err != nil || len(culprits) == 0 {
			b.Fatal(culprits, err)
		}
	}
	b.ReportMetric(float64(len(in))/1e3, "trace-kB")
	b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N), "ms/trace")
}

func ExampleName() {
	_, err := Name(strings.NewReader("go tool pprof wants another file"))
	fmt.Println(err)
	// Output: stalltrace: this is not an execution trace: give a file that runtime/trace or eventloop.Capture wrote
}
