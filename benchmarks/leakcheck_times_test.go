package benchmarks

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fortytw2/leaktest"
	"go.uber.org/goleak"

	"github.com/govitals/govitals/leakguard"
)

// BenchmarkLeakcheckClean measures a check of a test that leaves nothing, in a
// process with few goroutines and in one with 10,000; the test starts none, or
// one that ends. goleak is asked twice, as its users do, to know who was there
// and in the end; or in the end only, with a list of what to ignore. leaktest
// has no place among 10,000: it reads 2 MiB of the dump, each time another part
// of them, and takes for leaks whom it had not read before.
//
//	go test -run '^$' -bench LeakcheckClean -benchtime 30x
func BenchmarkLeakcheckClean(b *testing.B) {
	for _, parked := range []int{0, 10_000} {
		for _, started := range []int{0, 1} {
			b.Run(fmt.Sprintf("parked=%d/started=%d", parked, started), func(b *testing.B) {
				defer park(parked)()
				calls := 10
				if parked > 0 {
					calls = 1
				}
				all := []contestant{
					{"Check", max(calls, 100*(1-started)), clean(started, checks["Check"])},
					{"IgnoreCurrent+VerifyNone", calls, clean(started, checks["goleak"])},
					{"VerifyNone", calls, clean(started, ignoreParked)},
				}
				if parked == 0 {
					all = append(all, contestant{"leaktest", 1, clean(started, checks["leaktest"])})
				}
				clean(0, checks["Check"])() // the first check of a process has to look
				race(b, all...)
			})
		}
	}
}

// clean returns a test that leaves nothing, under a check.
func clean(started int, check func(*witness) func()) func() {
	return func() {
		w := &witness{}
		verify := check(w)
		for range started {
			done := make(chan struct{})
			go close(done)
			<-done
		}
		verify()
		if w.failures > 0 {
			panic("a clean test fails: " + w.said.String())
		}
	}
}

// BenchmarkLeakcheckLeaks measures a check of a test that leaves goroutines,
// from what it does before the test and from its end on. They wait at a channel
// to which the program refers, so that nothing is proven. With ten thousand a
// round takes a minute.
//
//	go test -run '^$' -bench LeakcheckLeaks -benchtime 5x
func BenchmarkLeakcheckLeaks(b *testing.B) {
	for _, n := range []int{1, 1000, 10_000} {
		b.Run(fmt.Sprintf("leaks=%d", n), func(b *testing.B) {
			raceLeaks(b, func() (release func()) { return leave(n) }, "Check-50ms", "goleak", "Check", "leaktest-500ms")
		})
	}
}

// BenchmarkLeakcheckProven measures a check of a test that leaves a goroutine
// which nothing can wake up: it waits at a nil channel.
func BenchmarkLeakcheckProven(b *testing.B) {
	raceLeaks(b, func() func() {
		begun := make(chan chan int)
		go func() { <-<-begun }()
		begun <- nil
		return func() {}
	}, "Check", "goleak", "leaktest-500ms")
}

var checks = map[string]func(*witness) func(){
	"Check": func(w *witness) func() {
		leakguard.Check(w)
		return w.end
	},
	"Check-50ms": func(w *witness) func() {
		leakguard.Check(w, leakguard.Patience(50*time.Millisecond))
		return w.end
	},
	"goleak": func(w *witness) func() {
		before := goleak.IgnoreCurrent()
		return func() { goleak.VerifyNone(w, before) }
	},
	"leaktest":       func(w *witness) func() { return leaktest.Check(w) },
	"leaktest-500ms": func(w *witness) func() { return leaktest.CheckTimeout(w, 500*time.Millisecond) },
}

// ignoreParked is what one has to write who does not use IgnoreCurrent. In a
// benchmark goleak takes those for leaks that run it.
func ignoreParked(w *witness) func() {
	return func() {
		goleak.VerifyNone(w, goleak.IgnoreAnyFunction("testing.(*B).run1"),
			goleak.IgnoreAnyFunction("github.com/govitals/govitals/benchmarks.waitA"),
			goleak.IgnoreAnyFunction("github.com/govitals/govitals/benchmarks.waitB"),
			goleak.IgnoreAnyFunction("github.com/govitals/govitals/benchmarks.waitC"))
	}
}

// raceLeaks reports the median of each check in milliseconds, how the first
// compares, and how long the failure message is.
func raceLeaks(b *testing.B, leak func() (release func()), names ...string) {
	b.Helper()
	times, said := map[string][]float64{}, map[string]int{}
	for b.Loop() {
		for _, name := range names {
			w := &witness{}
			start := time.Now()
			verify := checks[name](w)
			took := time.Since(start)
			release := leak()
			start = time.Now()
			verify()
			times[name] = append(times[name], float64(took+time.Since(start)))
			said[name] = w.said.Len()
			release()
			if w.failures == 0 {
				b.Fatalf("%s sees no leak", name)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	for i, name := range names {
		b.ReportMetric(median(times[name])/1e6, name+"-ms")
		b.ReportMetric(float64(said[name])/1e3, name+"-kB")
		if i > 0 {
			b.ReportMetric(median(times[names[0]])/median(times[name]), names[0]+"/"+name)
		}
	}
}

// leave starts goroutines that wait until release is called, which waits for
// their end.
func leave(n int) (release func()) {
	var begun, ended sync.WaitGroup
	stop := make(chan struct{})
	begun.Add(n)
	for range n {
		ended.Go(func() {
			begun.Done()
			waitA(stop, 1+rand.IntN(5))
		})
	}
	begun.Wait()
	return func() {
		close(stop)
		ended.Wait()
	}
}

// witness is a test for all checks.
type witness struct {
	failures int
	said     strings.Builder
	cleanups []func()
}

func (w *witness) Errorf(format string, args ...any) {
	w.failures++
	fmt.Fprintf(&w.said, format+"\n", args...)
}

func (w *witness) Error(args ...any) {
	w.failures++
	fmt.Fprintln(&w.said, args...)
}

func (w *witness) Cleanup(f func()) { w.cleanups = append(w.cleanups, f) }

func (w *witness) end() {
	for _, f := range w.cleanups {
		f()
	}
}
