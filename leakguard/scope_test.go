package leakguard

import (
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestParallelLeaker: of 200 parallel tests, the one that leaks fails.
func TestParallelLeaker(t *testing.T) {
	const tests, leaker = 200, 77
	all := make([]*watched, tests)
	t.Run("all", func(t *testing.T) {
		for i := range tests {
			all[i] = &watched{}
			t.Run(fmt.Sprint(i), func(sub *testing.T) {
				w := all[i]
				w.T = sub
				if i%2 == 0 { // Check comes before or after
					sub.Parallel()
				}
				Check(w, Patience(100*time.Millisecond))
				if i%2 == 1 {
					sub.Parallel()
				}
				runAll(3, func() { time.Sleep(time.Millisecond) })
				if i == leaker {
					leaveBehind(t, 2)
				}
			})
		}
	})
	for i, w := range all {
		if failed := len(w.errors) > 0; failed != (i == leaker) {
			t.Errorf("test %d: failed = %v: %s", i, failed, w.text())
		}
	}
	if said := all[leaker].text(); !strings.Contains(said, "2 goroutines are left behind (scope: labels") {
		t.Errorf("want 2 goroutines by label, got %s", said)
	}
}

// TestParallelWithoutLabel: pprof.Do takes the label away, ancestry does not go.
func TestParallelWithoutLabel(t *testing.T) {
	var direct, adopted watched
	foreign := make(chan func())
	defer close(foreign)
	orphan(func() {
		for f := range foreign {
			go f()
		}
	})
	t.Run("all", func(t *testing.T) {
		t.Run("direct", func(sub *testing.T) {
			sub.Parallel()
			direct.T = sub
			Check(&direct, Patience(0))
			pprof.Do(context.Background(), pprof.Labels("a", "b"), func(context.Context) { leaveBehind(t, 2) })
		})
		t.Run("adopted", func(sub *testing.T) {
			sub.Parallel()
			adopted.T = sub
			Check(&adopted, Patience(0))
			done, began := make(chan struct{}), make(chan struct{})
			t.Cleanup(func() { close(done) })
			foreign <- func() { close(began); waitFor(done) }
			<-began
		})
	})
	if said := strings.Join(direct.errors, "\n"); !strings.Contains(said, "2 goroutines are left behind (scope: labels") {
		t.Errorf("want the test's own children, got %s", said)
	}
	if len(adopted.errors) > 0 || !strings.Contains(adopted.text(), "unattributed: ") || !strings.Contains(adopted.text(), "leakguard.waitFor") {
		t.Errorf("want no failure, and a note on the unattributed, got %s", adopted.text())
	}
}

// orphan starts a goroutine whose parent ends.
func orphan(f func()) {
	runAll(1, func() { go f() })
}

func TestParallelKnownFromParent(t *testing.T) {
	var got Scope
	t.Run("parent", func(t *testing.T) {
		t.Parallel()
		t.Run("child", func(t *testing.T) {
			c := &check{t: t, settings: newSettings(nil)}
			got, _ = c.scope()
		})
	})
	t.Cleanup(func() {
		if got != LabelScope {
			t.Errorf("want the scope of labels below a parallel test, got %v", got)
		}
	})
}

// TestParallelismOf holds only as long as package testing has its fields: when
// it fails with a new Go, parallelismOf has to be taught.
func TestParallelismOf(t *testing.T) {
	type wrapped struct{ testing.TB }
	type twice struct{ *wrapped }
	test := func(t *testing.T, want parallelism) {
		t.Helper()
		for _, in := range []T{t, &watched{T: t}, wrapped{t}, &twice{&wrapped{t}}} {
			if got := parallelismOf(in); got != want {
				t.Errorf("%T: want %v, got %v", in, want, got)
			}
		}
	}
	test(t, notParallel)
	t.Run("parallel", func(t *testing.T) {
		t.Parallel()
		test(t, isParallel)
		t.Run("sub", func(t *testing.T) { test(t, isParallel) })
	})
	for _, in := range []T{&least{}, wrapped{}, &twice{}} {
		if got := parallelismOf(in); got != notParallel {
			t.Errorf("%T: want not parallel, got %v", in, got)
		}
	}
}

func TestBubble(t *testing.T) {
	var clean, leaking, sleeping watched
	synctest.Test(t, func(t *testing.T) {
		clean.T = t
		Check(&clean)
		ctx := t.Context()
		go func() { <-ctx.Done() }()
		go func() { time.Sleep(time.Hour) }()
		time.Sleep(2 * time.Hour)
	})
	if len(clean.errors) != 0 {
		t.Errorf("want no failure, got %s", clean.text())
	}
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		began := time.Now()
		t.Cleanup(func() { // after Check
			if passed := time.Since(began); passed != 0 {
				t.Errorf("want the bubble's clock to stand still, it moved by %v", passed)
			}
			close(stop)
		})
		leaking.T = t
		Check(&leaking)
		for range 3 {
			go waitFor(stop)
		}
	})
	if !strings.Contains(leaking.text(), "3 goroutines are left behind (scope: bubble)") {
		t.Errorf("want 3 goroutines, got %s", leaking.text())
	}
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(time.Minute) })
		sleeping.T = t
		Check(&sleeping)
		go time.Sleep(time.Minute)
	})
	if !strings.Contains(sleeping.text(), "1 goroutine [sleep]") {
		t.Errorf("want a sleeper, got %s", sleeping.text())
	}
}

// TestBubbleThatIsBusy: a goroutine that waits for a mutex keeps the bubble's
// clock from moving, so sleeping there would hang.
func TestBubbleThatIsBusy(t *testing.T) {
	var w watched
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		mu.Lock()
		t.Cleanup(mu.Unlock)
		w.T = t
		Check(&w, Patience(5*time.Millisecond))
		go func() {
			mu.Lock()
			defer mu.Unlock()
		}()
	})
	if !strings.Contains(w.text(), "1 goroutine [sync.Mutex.Lock]") {
		t.Errorf("want the one that waits for the mutex, got %s", w.text())
	}
}

func TestScopesThatDoNotFit(t *testing.T) {
	if r := Find(BubbleScope); r.Err == nil || !strings.Contains(r.Err.Error(), "outside of a bubble") {
		t.Errorf("want an error, got %v", r)
	}
	if r := Find(LabelScope); r.Err == nil || !strings.Contains(r.Err.Error(), "use Check") {
		t.Errorf("want an error, got %v", r)
	}
}

func TestLabelOwns(t *testing.T) {
	tests := []struct {
		label runLabel
		value string
		want  bool
	}{
		{runLabel{"TestA", 7}, "TestA#7", true},
		{runLabel{"TestA", 7}, "TestA#8", true},      // a second check in the same test
		{runLabel{"TestA", 7}, "TestA/sub#9", true},  // one in a subtest
		{runLabel{"TestA", 7}, "TestA#6", false},     // the run before, of -count
		{runLabel{"TestA", 7}, "TestA/sub#3", false}, // the same
		{runLabel{"TestA", 7}, "TestAB#9", false},
		{runLabel{"TestA", 7}, "TestB#9", false},
		{runLabel{"TestA/x#01", 7}, "TestA/x#01#7", true},
		{runLabel{"", 7}, "#7", true},
		{runLabel{"", 7}, "#8", false},
		{runLabel{"", 7}, "TestA#8", false},
		{runLabel{"TestA", 7}, "TestA", false},
		{runLabel{"TestA", 7}, "TestA#x", false},
		{runLabel{"TestA", 7}, "", false},
	}
	for _, tt := range tests {
		if got := tt.label.owns(tt.value); got != tt.want {
			t.Errorf("%v on %q: want %v, got %v", tt.label, tt.value, tt.want, got)
		}
	}
}

// What the test itself had started before Check is there on purpose.
func TestWhoWasThereBeforeCheckIsNotBlamed(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	go func() { <-stop }()
	for _, scope := range []Scope{ProcessScope, LabelScope} {
		j := &jury{name: t.Name()}
		Check(j, scope, Patience(short))
		done := make(chan struct{})
		go close(done) // makes the check look at all
		<-done
		j.end()
		if len(j.failures) > 0 {
			t.Errorf("%v: %s", scope, j.said())
		}
	}
}
