package leakguard

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// jury is a T that keeps what it is told.
type jury struct {
	name     string
	failures []string
	cleanups []func()
	skipped  bool
}

func (j *jury) Errorf(format string, args ...any) {
	j.failures = append(j.failures, fmt.Sprintf(format, args...))
}

func (j *jury) Cleanup(f func()) { j.cleanups = append(j.cleanups, f) }
func (j *jury) Name() string     { return j.name }
func (j *jury) Skipped() bool    { return j.skipped }

// end runs the cleanups as package testing does.
func (j *jury) end() {
	for len(j.cleanups) > 0 {
		last := j.cleanups[len(j.cleanups)-1]
		j.cleanups = j.cleanups[:len(j.cleanups)-1]
		last()
	}
}

func (j *jury) said() string { return strings.Join(j.failures, "\n") }

// loopOf runs Loop and returns what it says.
func loopOf(n int, f func(), options ...Option) string {
	j := &jury{}
	Loop(j, n, f, options...)
	return j.said()
}

const short = 20 * time.Millisecond

// sink keeps what leaks, until the test is over.
type sink struct {
	objects []*[16]byte
	blocks  [][]byte
	files   []*os.File
	release chan struct{}
}

func newSink(t *testing.T) *sink {
	s := &sink{release: make(chan struct{})}
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		close(s.release)
		for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > before && time.Now().Before(end); {
			time.Sleep(time.Millisecond) // what ends now would be free in the next test
		}
		for _, file := range s.files {
			file.Close()
		}
	})
	return s
}

func (s *sink) stuck() { <-s.release }

// start starts goroutines under a name that does not depend on what is inlined.
//
//go:noinline
func (s *sink) start(n int) {
	for range n {
		go s.stuck()
	}
}

const starter = "github.com/govitals/govitals/leakguard.(*sink).start"

func open(t *testing.T, name string) *os.File {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func needDescriptors(t *testing.T) {
	if _, err := listDescriptors(); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
}

func TestLoopSeesGoroutines(t *testing.T) {
	s := newSink(t)
	said := loopOf(50, func() { go s.stuck() }, Patience(short))
	for _, want := range []string{"with each of 50 iterations", "+1 goroutines, 50 left", "created by", "TestLoopSeesGoroutines.func1 at ", "loop_test.go:", "chan receive"} {
		if !strings.Contains(said, want) {
			t.Errorf("Loop says %q, want %q in it", said, want)
		}
	}
}

func TestLoopSeesOneInTen(t *testing.T) {
	s := newSink(t)
	i := 0
	said := loopOf(50, func() {
		if i++; i%10 == 0 {
			go s.stuck()
		}
	}, Patience(short))
	if !strings.Contains(said, "+0.1") || !strings.Contains(said, "5 left") {
		t.Errorf("Loop says %q of a goroutine in ten iterations", said)
	}
}

func TestLoopSeesTheLeastIterations(t *testing.T) {
	s := newSink(t)
	if said := loopOf(minIterations, func() { go s.stuck() }, Patience(short)); !strings.Contains(said, "+1 goroutines, 5 left") {
		t.Errorf("Loop says %q of a goroutine each time", said)
	}
}

// Goroutines that pass and such that stay, from the same go statement.
func TestLoopTellsLeaksFromPassersBy(t *testing.T) {
	s := newSink(t)
	said := loopOf(50, func() {
		for i := range 5 {
			go func() {
				if i == 0 {
					s.stuck()
				}
				time.Sleep(short)
			}()
		}
	}, Patience(500*time.Millisecond))
	if !strings.Contains(said, "+1 goroutines, 50 left") {
		t.Errorf("Loop says %q of one goroutine in five", said)
	}
}

func TestLoopSeesSmallObjects(t *testing.T) {
	s := newSink(t)
	const n = 500 // one each time shows from 40 * GOMAXPROCS on, if nothing else becomes free
	s.objects = make([]*[16]byte, 0, n*runtime.GOMAXPROCS(0))
	runtime.GC() // what earlier tests left, and what was reachable from it only
	runtime.GC()
	said := loopOf(cap(s.objects), func() { s.objects = append(s.objects, new([16]byte)) }, Patience(short))
	if !strings.Contains(said, " heap in ") || !strings.Contains(said, "× 16 B") {
		t.Errorf("Loop says %q of 16 bytes each time", said)
	}
	runtime.KeepAlive(s)
}

// 200 bytes take 208 (runtime/sizeclasses.go).
func TestLoopSaysHowLargeTheyAre(t *testing.T) {
	s := newSink(t)
	s.blocks = make([][]byte, 0, 800)
	said := loopOf(200, func() {
		for range 4 {
			s.blocks = append(s.blocks, make([]byte, 200))
		}
	}, Patience(short))
	if !strings.Contains(said, "objects, by size 4.0 × 208 B") {
		t.Errorf("Loop says %q of four times 200 bytes each time", said)
	}
	runtime.KeepAlive(s)
}

func TestLoopSeesBytes(t *testing.T) {
	s := newSink(t)
	said := loopOf(20, func() { s.blocks = append(s.blocks, make([]byte, 64<<10)) }, Patience(short))
	if !regexp.MustCompile(`\+6[345]\.?\d* KiB heap`).MatchString(said) {
		t.Errorf("Loop says %q of 64 KiB each time", said)
	}
	runtime.KeepAlive(s)
}

// Of 16 blocks of 1 MiB each one is sampled, at whatever rate.
func TestLoopNamesAllocations(t *testing.T) {
	s := newSink(t)
	said := loopOf(20, func() { s.blocks = append(s.blocks, make([]byte, 4<<20)) }, Patience(short))
	if !strings.Contains(said, "allocated by") || !strings.Contains(said, "TestLoopNamesAllocations.func1 at ") || !strings.Contains(said, ": +4.00 MiB") {
		t.Errorf("Loop says %q of 4 MiB each time, want the site and how much", said)
	}
	runtime.KeepAlive(s)
}

func TestLoopSeesDescriptors(t *testing.T) {
	needDescriptors(t)
	s := newSink(t)
	name := filepath.Join(t.TempDir(), "kept")
	said := loopOf(50, func() { s.files = append(s.files, open(t, name)) }, Patience(short))
	if !strings.Contains(said, "+1 file descriptors; new ones are 50 files in "+filepath.Dir(name)) || !strings.Contains(said, "such as "+name) {
		t.Errorf("Loop says %q of a file kept each time", said)
	}
}

// The garbage collections of Loop close such files: it must not hide them.
func TestLoopSeesForgottenDescriptors(t *testing.T) {
	needDescriptors(t)
	name := filepath.Join(t.TempDir(), "forgotten")
	said := loopOf(50, func() { open(t, name) }, Patience(short))
	if !strings.Contains(said, "+1 file descriptors that only the garbage collector closes: 5 files in "+filepath.Dir(name)) {
		t.Errorf("Loop says %q of a file forgotten each time", said)
	}
}

// The threads that the runtime has to spare are used first: hence many.
func TestLoopSeesThreads(t *testing.T) {
	release := make(chan struct{})
	var ended sync.WaitGroup
	said := loopOf(100, func() {
		locked := make(chan struct{})
		ended.Go(func() {
			runtime.LockOSThread()
			close(locked)
			<-release
		})
		<-locked
	}, Patience(short), Budget{Goroutines: Any})
	close(release)
	ended.Wait()
	if !strings.Contains(said, "\n  +1") || !strings.Contains(said, " threads\n") {
		t.Errorf("Loop says %q of a thread each time", said)
	}
}

func TestLoopSeesStuckFinalizers(t *testing.T) {
	release := make(chan struct{})
	said := loopOf(50, func() {
		for range 4 {
			runtime.SetFinalizer(new([64]byte), func(*[64]byte) { <-release })
		}
	}, Patience(short))
	close(release)
	if !strings.Contains(said, "finalizers and cleanups that wait") || !strings.Contains(said, "is stuck") {
		t.Errorf("Loop says %q of finalizers that are stuck", said)
	}
}

func TestLoopCountsSeries(t *testing.T) {
	series := 0
	budget := Budget{SeriesCount: func() (int, error) { return series, nil }}
	if said := loopOf(50, func() { series++ }, Patience(short), budget); !strings.Contains(said, "+1 metric series") {
		t.Errorf("Loop says %q of a series each time", said)
	}
	if said := loopOf(50, func() {}, budget); said != "" {
		t.Errorf("Loop says %q where none is added", said)
	}
	budget.SeriesCount = func() (int, error) { return 0, errors.New("no registry") }
	if said := loopOf(50, func() {}, Patience(short), budget); !strings.Contains(said, "metric series could not be counted: no registry") {
		t.Errorf("Loop says %q where they cannot be counted", said)
	}
}

func listen(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// In a bubble time stands still while Loop waits: it must neither hang nor pass
// what is stuck.
func TestLoopInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if said := loopOf(20, func() { time.Sleep(time.Hour) }); said != "" {
			t.Errorf("Loop says %q where nothing is left", said)
		}
		release := make(chan struct{})
		said := loopOf(20, func() { go func() { <-release }() }, Patience(short))
		close(release)
		if !strings.Contains(said, "+1 goroutines, 20 left") {
			t.Errorf("Loop says %q of a goroutine each time", said)
		}
	})
}

// With the rate that the message advises, the site of every object is known. A
// child process runs the leak, as the rate is of the whole process.
func TestLoopNamesEveryAllocationAtRateOne(t *testing.T) {
	if os.Getenv("LEAKGUARD_TEST_CHILD") != "" {
		const n = 100
		kept := make([]*[16]byte, 0, n*runtime.GOMAXPROCS(0))
		Loop(t, cap(kept), func() { kept = append(kept, new([16]byte)) }, Patience(short))
		runtime.KeepAlive(kept)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.memprofilerate=1")
	child.Env = append(os.Environ(), "LEAKGUARD_TEST_CHILD=1")
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("a test that leaks ends with %v, want exit code 1", err)
	}
	for _, want := range []string{"--- FAIL: " + t.Name(), "allocated by ", t.Name() + ".func1 at ", ": +16 B"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the child says %q, want %q in it", out, want)
		}
	}
}
