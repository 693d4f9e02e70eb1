package leakguard

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
)

func TestLoopBudget(t *testing.T) {
	s := newSink(t)
	f := func() {
		go s.stuck()
		s.blocks = append(s.blocks, make([]byte, 32<<10))
	}
	enough := Budget{Goroutines: 1, HeapBytes: 40 << 10, HeapObjects: 10}
	if said := loopOf(50, f, Patience(short), enough); said != "" {
		t.Errorf("Loop says %q of what is allowed", said)
	}
	off := Budget{Goroutines: Any, HeapBytes: Any, HeapObjects: Any}
	if said := loopOf(50, f, Patience(short), off); said != "" {
		t.Errorf("Loop says %q of what it shall not look at", said)
	}
	little := Budget{Goroutines: Any, HeapBytes: 16 << 10, HeapObjects: Any}
	if said := loopOf(50, f, Patience(short), little); !strings.Contains(said, "KiB heap") || !strings.Contains(said, "(allowed: 16.0 KiB heap)") {
		t.Errorf("Loop says %q of twice of what is allowed", said)
	}
}

func TestLoopIgnores(t *testing.T) {
	s := newSink(t)
	if said := loopOf(50, func() { go s.stuck() }, Patience(short), IgnoreCreator("*TestLoopIgnores.func1", 50), Budget{HeapBytes: Any, HeapObjects: Any}); said != "" {
		t.Errorf("Loop says %q of goroutines that are ignored", said)
	}
}

func TestLoopRefuses(t *testing.T) {
	ran := false
	f := func() { ran = true }
	tests := map[string]struct {
		n       int
		f       func()
		options []Option
		want    string
	}{
		"none":      {0, f, nil, "n is 0: growth shows from 5 iterations on"},
		"negative":  {-7, f, nil, "n is -7: "},
		"few":       {4, f, nil, "n is 4: "},
		"nil":       {50, nil, nil, "f is nil: give the function"},
		"both":      {0, nil, nil, "f is nil: give the function to repeat\n  and n is 0"},
		"budget":    {50, f, []Option{Budget{FDs: -2}}, "Budget.FDs is -2: use a count, None or Any"},
		"budgets":   {50, f, []Option{Budget{}, Budget{}}, "Budget is given twice"},
		"series":    {50, f, []Option{Budget{Series: 3}}, "Budget.Series is 3, but SeriesCount is nil"},
		"patience":  {50, f, []Option{Patience(-1)}, "Patience is -1ns"},
		"nothing":   {50, f, []Option{nil}, "an option is nil"},
		"scope":     {50, f, []Option{LabelScope}, "LabelScope and Since have no meaning here"},
		"no path":   {50, f, []Option{BudgetFile("")}, "BudgetFile has no path"},
		"two paths": {50, f, []Option{BudgetFile("a"), BudgetFile("b")}, "BudgetFile is given twice, a and b"},
	}
	for name, test := range tests {
		if said := loopOf(test.n, test.f, test.options...); !strings.HasPrefix(said, "leakguard.Loop did not run: ") || !strings.Contains(said, test.want) {
			t.Errorf("%s: Loop says %q, want %q", name, said, test.want)
		}
	}
	if ran {
		t.Error("f ran although Loop refused")
	}
}

func TestLoopRefusesParallelTests(t *testing.T) {
	t.Run("parallel", func(t *testing.T) {
		t.Parallel()
		w := &watched{T: t}
		Loop(w, 50, func() {})
		if !strings.Contains(w.text(), "the test is parallel") {
			t.Errorf("Loop says %q in a parallel test", w.text())
		}
	})
}

func TestLoopPanicsWithoutT(t *testing.T) {
	for name, none := range map[string]T{"nil": nil, "nil pointer": (*testing.T)(nil)} {
		func() {
			defer func() {
				if said := fmt.Sprint(recover()); said != "leakguard.Loop: T is nil: pass the t of the test" {
					t.Errorf("%s: panics with %q", name, said)
				}
			}()
			Loop(none, 50, func() {})
		}()
	}
}

func TestLoopRunsExactlyAsOftenAsTold(t *testing.T) {
	for _, n := range []int{5, 6, 7, 8, 9, 10, 11, 13, 49, 50, 51, 999} {
		ran := 0
		if said := loopOf(n, func() { ran++ }); said != "" || ran != n {
			t.Errorf("%d iterations were wanted, %d were run: %s", n, ran, said)
		}
	}
}

// brokenOff runs Loop with a function that does not return from one iteration.
func brokenOff(j *jury, n, iteration int, leave func()) (recovered any) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { recovered = recover() }()
		ran := 0
		Loop(j, n, func() {
			if ran++; ran == iteration {
				leave()
			}
		})
	}()
	<-done
	return recovered
}

func TestLoopSaysWhenBrokenOff(t *testing.T) {
	const want = "leakguard.Loop: f did not return from iteration 7 of 50"
	j := &jury{}
	if brokenOff(j, 50, 7, runtime.Goexit); !strings.HasPrefix(j.said(), want) {
		t.Errorf("after Goexit Loop says %q", j.said())
	}
	j = &jury{}
	if recovered := brokenOff(j, 50, 7, func() { panic("seven") }); recovered != "seven" || !strings.HasPrefix(j.said(), want) {
		t.Errorf("after a panic Loop says %q, and the panic is %v", j.said(), recovered)
	}
	j = &jury{}
	skip := func() {
		j.skipped = true
		runtime.Goexit()
	}
	if brokenOff(j, 50, 7, skip); j.said() != "" {
		t.Errorf("a skipped test fails: %q", j.said())
	}
}

// huge is more than can be run, and the most that there is.
func TestLoopOfHugeN(t *testing.T) {
	j := &jury{}
	if brokenOff(j, math.MaxInt, 1, runtime.Goexit); !strings.Contains(j.said(), "iteration 1 of ") {
		t.Errorf("Loop of the largest n says %q", j.said())
	}
	l := newLoop(math.MaxInt, func() {}, newSettings(nil))
	at, last := l.looks(), 0
	for _, iteration := range at {
		if iteration <= last {
			t.Fatalf("looks are after %v iterations", at)
		}
		last = iteration
	}
	if last != l.n {
		t.Errorf("the last look is after %d of %d iterations", last, l.n)
	}
}

func TestLoopKeepsTheGoroutine(t *testing.T) {
	id := func() string {
		var buffer [64]byte
		return strings.Fields(string(buffer[:runtime.Stack(buffer[:], false)]))[1]
	}
	mine, others := id(), 0
	loopOf(10, func() {
		if id() != mine {
			others++
		}
	})
	if others > 0 {
		t.Errorf("%d iterations ran in another goroutine, without the labels of the test", others)
	}
}
