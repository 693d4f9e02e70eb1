package leakguard

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// watched is a test whose failures are looked at instead of counted. All else
// is that of the real test: name, goroutine, being parallel, cleanup.
type watched struct {
	*testing.T
	mu     sync.Mutex
	errors []string
	logs   []string
	failed bool
}

func (w *watched) Errorf(format string, args ...any) { w.note(&w.errors, format, args) }
func (w *watched) Logf(format string, args ...any)   { w.note(&w.logs, format, args) }
func (w *watched) Failed() bool                      { return w.failed }

func (w *watched) note(to *[]string, format string, args []any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*to = append(*to, fmt.Sprintf(format, args...))
}

// text is all that was reported.
func (w *watched) text() string { return strings.Join(append(w.errors, w.logs...), "\n") }

// within runs a test to its end, cleanups included, and returns what it said.
func within(t *testing.T, f func(w *watched)) *watched {
	t.Helper()
	w := &watched{}
	t.Run("test", func(t *testing.T) {
		w.T = t
		f(w)
	})
	return w
}

// leaveBehind starts n goroutines that wait for the end of the test.
//
//go:noinline
func leaveBehind(t *testing.T, n int) {
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	var began sync.WaitGroup
	began.Add(n)
	for range n {
		go leaked(&began, done)
	}
	began.Wait()
}

func leaked(began *sync.WaitGroup, done chan struct{}) {
	began.Done()
	<-done
}

func waitFor(done chan struct{}) { <-done }

func TestCheckReportsWhatIsLeft(t *testing.T) {
	w := within(t, func(w *watched) {
		Check(w, Patience(20*time.Millisecond))
		leaveBehind(t, 3)
	})
	if len(w.errors) != 1 {
		t.Fatalf("want one failure, got %q", w.errors)
	}
	for _, want := range []string{
		"3 goroutines are left behind (scope: process; waited ",
		"3 goroutines [chan receive] github.com/govitals/govitals/leakguard.leaked\n",
		"created by github.com/govitals/govitals/leakguard.leaveBehind at ",
		"check_test.go:",
		`leakguard.IgnoreCreator("github.com/govitals/govitals/leakguard.leaveBehind", 3)`,
	} {
		if !strings.Contains(w.errors[0], want) {
			t.Errorf("want %q in:\n%s", want, w.errors[0])
		}
	}
}

func TestCheckPasses(t *testing.T) {
	tests := map[string]func(t *testing.T){
		"nothing started": func(*testing.T) {},
		"all ended":       func(t *testing.T) { runAll(50, func() {}) },
		"ends meanwhile":  func(t *testing.T) { go time.Sleep(30 * time.Millisecond) },
		"ends at cleanup": func(t *testing.T) {
			stop := make(chan struct{})
			t.Cleanup(func() { close(stop) })
			go waitFor(stop)
		},
		"HTTP server and client": func(t *testing.T) {
			server := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(server.Close)
			fetch(t, server.Client(), server.URL)
		},
		"subtests": func(t *testing.T) {
			for range 3 {
				t.Run("sub", func(t *testing.T) { t.Parallel() })
			}
		},
	}
	for name, f := range tests {
		w := within(t, func(w *watched) {
			Check(w)
			f(w.T)
		})
		if len(w.errors) != 0 {
			t.Errorf("%s: want no failure, got %s", name, w.text())
		}
	}
}

func runAll(n int, f func()) {
	var group sync.WaitGroup
	for range n {
		group.Go(f)
	}
	group.Wait()
}

func fetch(t *testing.T, client *http.Client, url string) {
	t.Helper()
	response, err := client.Get(url)
	if err != nil {
		t.Error(err)
		return
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Error(err)
	}
	response.Body.Close()
}

// TestCheckWaitsForSlowExit takes the time that a slow shutdown takes.
func TestCheckWaitsForSlowExit(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 0.6 s")
	}
	w := within(t, func(w *watched) {
		Check(w)
		go time.Sleep(600 * time.Millisecond)
	})
	if len(w.errors) != 0 {
		t.Errorf("want no failure, got %s", w.text())
	}
}

func TestCheckDoesNotBlameForWhatWasThere(t *testing.T) {
	leaveBehind(t, 20)
	w := within(t, func(w *watched) {
		Check(w)
		runAll(5, func() {})
	})
	if len(w.errors) != 0 {
		t.Errorf("want no failure, got %s", w.text())
	}
	w = within(t, func(w *watched) {
		Check(w, Patience(0))
		leaveBehind(t, 1)
	})
	if !strings.Contains(w.text(), "1 goroutine is left behind") {
		t.Errorf("want one goroutine, got %s", w.text())
	}
}

// TestCheckTwiceAndNested: each of several checks judges by itself.
func TestCheckTwiceAndNested(t *testing.T) {
	var inner, second watched
	outer := within(t, func(w *watched) {
		Check(w, Patience(0))
		w.T.Run("sub", func(sub *testing.T) {
			inner.T, second.T = sub, sub
			Check(&inner, Patience(0))
			leaveBehind(t, 1)
			Check(&second, Patience(0))
			leaveBehind(t, 2)
		})
		leaveBehind(t, 4)
	})
	for _, c := range []struct {
		name string
		w    *watched
		n    string
	}{{"outer", outer, "7 goroutines are"}, {"inner", &inner, "3 goroutines are"}, {"second", &second, "2 goroutines are"}} {
		if !strings.Contains(c.w.text(), c.n) {
			t.Errorf("%s: want %q, got %s", c.name, c.n, c.w.text())
		}
	}
}

func TestCheckSaysThatTheTestHadFailed(t *testing.T) {
	w := within(t, func(w *watched) {
		w.failed = true
		Check(w, Patience(0))
		leaveBehind(t, 1)
	})
	if !strings.Contains(w.text(), "The test had failed before") || !strings.Contains(w.text(), "1 goroutine is left behind") {
		t.Errorf("want both, got %s", w.text())
	}
}

func TestCheckSaysWhichOptionIsWrong(t *testing.T) {
	tests := []struct {
		option Option
		want   string
	}{
		{nil, "an option is nil"},
		{Patience(-1), "Patience is -1ns"},
		{Scope(9), "scope 9 is unknown"},
		{IgnoreCreator("", 1), "names no function"},
		{IgnoreEntry(" * ", 1), "names no function"},
		{IgnoreCreator("main.f", 0), `IgnoreCreator("main.f", 0): the most that may pass is 0`},
		{IgnorePattern("(", 1), "missing closing )"},
		{IgnorePattern("", 1), "matches all"},
		{IgnoreLabel("", "x", 1), "the key is empty"},
		{Since(nil), "Since was given no moment"},
	}
	for _, tt := range tests {
		w := within(t, func(w *watched) { Check(w, tt.option) })
		if !strings.Contains(strings.Join(w.errors, "\n"), tt.want) {
			t.Errorf("want a failure with %q, got %q", tt.want, w.errors)
		}
		if r := Find(tt.option); r.Err == nil || !strings.Contains(r.String(), tt.want) {
			t.Errorf("Find: want an error with %q, got %v", tt.want, r.Err)
		}
	}
}

func TestCheckWithoutTestPanics(t *testing.T) {
	for _, none := range []T{nil, (*testing.T)(nil)} {
		func() {
			defer func() {
				if said := fmt.Sprint(recover()); !strings.HasPrefix(said, "leakguard.Check: T is nil: ") {
					t.Errorf("want a panic with a sentence, got %q", said)
				}
			}()
			Check(none)
		}()
	}
}

// least is the least that a T may have.
type least struct{ errors, cleanups int }

func (l *least) Errorf(string, ...any) { l.errors++ }
func (l *least) Cleanup(f func())      { l.cleanups++; f() }

func TestCheckWithTheLeastT(t *testing.T) {
	l := &least{}
	Check(l)
	if l.errors != 0 || l.cleanups != 1 {
		t.Errorf("want no failure and one cleanup, got %+v", l)
	}
}

// TestCheckInBenchmark: package testing calls a benchmark several times, each
// with cleanups of its own.
func TestCheckInBenchmark(t *testing.T) {
	rounds := 0
	result := testing.Benchmark(func(b *testing.B) {
		b.StopTimer() // so that more iterations are asked for at once
		Check(b)
		runAll(2, func() {})
		rounds++
	})
	if result.N == 0 || rounds < 2 {
		t.Errorf("want some rounds without failure, got %d of %d iterations", rounds, result.N)
	}
}
