package leakguard

import (
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// checkOf runs a check around f and returns what it says.
func checkOf(f func(), options ...Option) string {
	j := &jury{}
	Check(j, options...)
	f()
	j.end()
	return j.said()
}

func wants(t *testing.T, said string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("it says %q, want %q in it", said, part)
		}
	}
}

func TestBudgetOfDescriptors(t *testing.T) {
	needDescriptors(t)
	s := newSink(t)
	dir := t.TempDir()
	openThree := func() {
		for _, name := range []string{"a", "b", "c"} {
			s.files = append(s.files, open(t, filepath.Join(dir, name)))
		}
	}
	if said := checkOf(openThree, Patience(short), Budget{FDs: 3}); said != "" {
		t.Errorf("three files within a budget of three: %q", said)
	}
	wants(t, checkOf(openThree, Patience(short), Budget{FDs: 2}), "+3 file descriptors (allowed: 2 file descriptors); new ones are 3 files in "+dir, filepath.Join(dir, "a"))
	wants(t, checkOf(openThree, Patience(short), Budget{FDs: None}), "+3 file descriptors; new ones")
	if said := checkOf(openThree, Patience(short), Budget{HeapBytes: Any}); said != "" {
		t.Errorf("descriptors were not budgeted: %q", said)
	}
}

// The files are garbage, but the collection that the check forces comes after
// the look at descriptors.
func TestBudgetSeesForgottenFiles(t *testing.T) {
	needDescriptors(t)
	name := filepath.Join(t.TempDir(), "forgotten")
	forget := func() {
		for range 3 {
			open(t, name)
		}
	}
	wants(t, checkOf(forget, Patience(short), Budget{FDs: None, HeapBytes: None}), "+3 file descriptors")
}

func TestBudgetWaitsForDescriptors(t *testing.T) {
	needDescriptors(t)
	closeSoon := func() {
		l := listen(t)
		time.AfterFunc(4*short, func() { l.Close() })
	}
	if said := checkOf(closeSoon, Budget{FDs: None}); said != "" {
		t.Errorf("a listener that closes soon: %q", said)
	}
}

func TestBudgetOfHeap(t *testing.T) {
	s := newSink(t)
	keep := func() { s.blocks = append(s.blocks, make([]byte, 8<<20)) }
	wants(t, checkOf(keep, Patience(short), Budget{HeapBytes: 1 << 20}), "+8.", " MiB heap (allowed: 1.00 MiB heap)", "TestBudgetOfHeap.func1 at ")
	wants(t, checkOf(keep, Patience(short), Budget{HeapBytes: None}), "MiB heap\n")
	if said := checkOf(keep, Patience(short), Budget{HeapBytes: 9 << 20, HeapObjects: None}); said != "" {
		t.Errorf("8 MiB within a budget of 9 MiB: %q", said)
	}
	many := func() {
		for range 5000 {
			s.objects = append(s.objects, new([16]byte))
		}
	}
	wants(t, checkOf(many, Patience(short), Budget{HeapObjects: 2000}), "+5,0", "heap objects (allowed: 2,000 heap objects)")
	runtime.KeepAlive(s)
}

func TestBudgetTooFine(t *testing.T) {
	wants(t, checkOf(func() {}, Budget{HeapBytes: 1000}), "the budget HeapBytes of 1000 is too fine", "use None, 65536 or more, or Loop")
	wants(t, checkOf(func() {}, Budget{HeapObjects: 999}), "the budget HeapObjects of 999 is too fine")
}

func TestBudgetOfThreads(t *testing.T) {
	release := make(chan struct{})
	var ended sync.WaitGroup
	const many = 20 // more than the runtime has to spare
	lock := func() {
		var locked sync.WaitGroup
		for range many {
			locked.Add(1)
			ended.Go(func() {
				runtime.LockOSThread()
				locked.Done()
				<-release
			})
		}
		locked.Wait()
	}
	said := checkOf(lock, Patience(short), Budget{Threads: 2, Goroutines: many})
	close(release)
	ended.Wait()
	wants(t, said, " threads (allowed: 2 threads)")
}

func TestBudgetOfSeries(t *testing.T) {
	series := 0
	count := func() (int, error) { return series, nil }
	add := func() { series += 4 }
	wants(t, checkOf(add, Patience(short), Budget{SeriesCount: count}), "+4 metric series")
	wants(t, checkOf(add, Patience(short), Budget{SeriesCount: count, Series: 3}), "+4 metric series (allowed: 3 metric series)")
	if said := checkOf(add, Patience(short), Budget{SeriesCount: count, Series: 4}); said != "" {
		t.Errorf("4 within a budget of 4: %q", said)
	}
	broken := func() (int, error) { return 0, errors.New("no registry") }
	wants(t, checkOf(add, Patience(short), Budget{SeriesCount: broken}), "the metric series could not be counted: no registry")
}

func TestBudgetOfBacklog(t *testing.T) {
	release := make(chan struct{})
	wait := func() {
		for range 50 {
			runtime.SetFinalizer(new([64]byte), func(*[64]byte) { <-release })
		}
	}
	said := checkOf(wait, Patience(short), Budget{Backlog: 5})
	close(release)
	wants(t, said, "finalizers and cleanups that wait (allowed: 5 ")
}

func TestBudgetOfGoroutines(t *testing.T) {
	s := newSink(t)
	start := func() { go s.stuck() }
	for allowed, isEnough := range map[int]bool{0: false, None: false, 1: true, Any: true} {
		if said := checkOf(start, Patience(short), Budget{Goroutines: allowed}); (said == "") != isEnough {
			t.Errorf("one goroutine with a budget of %d: %q", allowed, said)
		}
	}
	if said := checkOf(func() {}, Budget{Goroutines: None}); said != "" {
		t.Errorf("no goroutine with a budget of None: %q", said)
	}
}

// 200 tests at the same time could not tell whose a descriptor is.
func TestBudgetInParallelTests(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run("parallel", func(t *testing.T) {
			w := &watched{T: t}
			t.Cleanup(func() {
				wants(t, w.text(), "the budget FDs cannot be checked in a parallel test")
				if strings.Contains(w.text(), "Goroutines") {
					t.Errorf("goroutines can be budgeted: %q", w.text())
				}
			})
			if !late {
				t.Parallel()
			}
			Check(w, Budget{FDs: 1, Goroutines: 1})
			if late {
				t.Parallel()
			}
		})
	}
}
