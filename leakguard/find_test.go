package leakguard

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

func TestFindSinceMark(t *testing.T) {
	leaveBehind(t, 2)
	mark := Mark()
	if r := Find(Since(mark), Patience(0)); r.Err != nil || len(r.Leaks) != 0 {
		t.Errorf("want nothing, got %v", r)
	}
	ids := make(chan uint64, 3)
	stop := make(chan struct{})
	defer close(stop)
	for range cap(ids) {
		go func() {
			id, _, _ := stacks.Self()
			ids <- id
			<-stop
		}()
	}
	want := []uint64{<-ids, <-ids, <-ids}
	slices.Sort(want)
	r := Find(Since(mark), Patience(5*time.Millisecond))
	if r.Err != nil || len(r.Leaks) != 1 || r.Count() != 3 {
		t.Fatalf("want one leak of three goroutines, got %v", r)
	}
	l := r.Leaks[0]
	if !slices.Equal(l.IDs, want) || l.State != "chan receive" || r.Scope != ProcessScope {
		t.Errorf("want the goroutines %v, got %+v", want, l)
	}
	if r := Find(Since(Mark()), Patience(0)); len(r.Leaks) != 0 {
		t.Errorf("want nothing since now, got %v", r)
	}
}

// TestMarkIsCheapUntilSomethingStarts: the same census serves all.
func TestMarkIsCheapUntilSomethingStarts(t *testing.T) {
	first := Mark()
	if second := Mark(); second.before != first.before {
		t.Error("want the same census as long as nothing was started")
	}
	runAll(1, func() {})
	if third := Mark(); third.before == first.before {
		t.Error("want another census after a goroutine was started")
	}
}

// TestCensusKnowsItsAsker: goroutines that ask one after the other need no look,
// and are known from then on.
func TestCensusKnowsItsAsker(t *testing.T) {
	_ = Mark()
	stop := make(chan struct{})
	defer close(stop)
	var last *Moment
	for range 3 * maxAskers {
		marked := make(chan *Moment)
		go func() {
			marked <- Mark()
			<-stop
		}()
		last = <-marked
		if r := Find(Since(last), Patience(0)); r.Count() != 0 {
			t.Fatalf("want the goroutine that asked to be known, got %v", r)
		}
		lastCensus.Store(last.before)
	}
	if n := len(last.before.askers); n > maxAskers {
		t.Errorf("want at most %d without a look, got %d", maxAskers, n)
	}
}

// TestMarkFindsWhoTheAskerIsNot: one goroutine was started, and it is not the
// one that asks.
func TestMarkFindsWhoTheAskerIsNot(t *testing.T) {
	_ = Mark()
	leaveBehind(t, 1)
	if r := Find(Since(Mark()), Patience(0)); r.Count() != 0 {
		t.Errorf("want what was there before the mark to be known, got %v", r)
	}
}

// mixedDump has goroutines of the runtime, of package testing, of a test and of
// govitals.
const mixedDump = `goroutine 1 [chan receive]:
testing.(*T).Run(0x1)
	/go/testing.go:1 +0x1
main.main()
	_testmain.go:9 +0x1

goroutine 2 [force gc (idle)]:
runtime.forcegchelper()
	/go/proc.go:1 +0x1
created by runtime.init.7 in goroutine 1
	/go/proc.go:1 +0x1

goroutine 3 [syscall]:
os/signal.signal_recv()
	/go/sigqueue.go:1 +0x1
os/signal.loop()
	/go/signal_unix.go:1 +0x1
created by os/signal.Notify.func1.1 in goroutine 1
	/go/signal.go:1 +0x1

goroutine 4 [chan receive]:
testing.tRunner(0x1)
	/go/testing.go:1 +0x1
created by testing.(*T).Run in goroutine 1
	/go/testing.go:1 +0x1

goroutine 5 [chan receive]:
main.TestX.func1()
	/app/x_test.go:1 +0x1
created by main.TestX in goroutine 4
	/app/x_test.go:1 +0x1

goroutine 6 [IO wait]:
internal/poll.runtime_pollWait(0x1)
	/go/netpoll.go:1 +0x1
net/http.(*Server).Serve(0x1)
	/go/server.go:1 +0x1
created by net/http/httptest.(*Server).goServe in goroutine 4
	/go/server.go:1 +0x1

goroutine 7 [select]:
github.com/govitals/govitals/internal/loop.(*Loop).run(0x1)
	/loop.go:1 +0x1
created by github.com/govitals/govitals/internal/loop.(*Loop).Start in goroutine 4
	/loop.go:1 +0x1

goroutine 8 [runnable]:
runtime.GC()
	/go/mgc.go:1 +0x1
created by main.TestX in goroutine 4
	/app/x_test.go:1 +0x1
`

func TestStandard(t *testing.T) {
	var others []uint64
	for g := range stacks.All(mixedDump) {
		if !isStandard(g) {
			others = append(others, g.ID)
		}
	}
	if want := []uint64{5, 6, 7, 8}; !slices.Equal(others, want) {
		t.Errorf("want %v to count, got %v", want, others)
	}
}

// TestOwnGoroutinesCount: whoever forgets Close on a part of govitals is told.
func TestOwnGoroutinesCount(t *testing.T) {
	d, err := NewDetector(DetectorConfig{})
	if err != nil {
		t.Fatal(err)
	}
	d.Watch(Threads())
	w := within(t, func(w *watched) {
		Check(w, Patience(20*time.Millisecond))
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(w.text(), "a part of govitals: call its Close") {
		t.Errorf("want the remedy, got %s", w.text())
	}
}

// In a bubble too, Since is since the moment.
func TestFindSinceMarkInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		defer close(stop)
		go waitFor(stop)
		mark := Mark()
		go waitFor(stop)
		if r := Find(Since(mark), Patience(0)); r.Scope != BubbleScope || r.Count() != 1 {
			t.Errorf("want the one that began after the mark, got %v", r)
		}
		if r := Find(Patience(0)); r.Count() != 2 {
			t.Errorf("want both, got %v", r)
		}
	})
}
