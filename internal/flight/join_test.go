package flight_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/govitals/govitals/internal/flight"
)

// board joins with a value of its own and fails the test on an error.
func board(t *testing.T, g *flight.Group[string, *[]string], value string, fn func(context.Context) error) (*[]string, *flight.Seat[string, *[]string], flight.Source) {
	t.Helper()
	got, seat, result, err := g.Join(t.Context(), "key", &[]string{value}, fn)
	if err != nil {
		t.Fatal(err)
	}
	return got, seat, result.Source
}

func sleepFor(d time.Duration, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func TestJoinHandsOutTheValueWhileItIsLoaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[*[]string]{Reuse: time.Minute})
		first, seat, source := board(t, g, "first", sleepFor(time.Second, nil))
		second, other, joined := board(t, g, "second", sleepFor(0, nil))
		if (*first)[0] != "first" || second != first || source != flight.Loaded || joined != flight.Shared {
			t.Errorf("got %v %v and %v %v, want the same value twice", *first, source, *second, joined)
		}
		select {
		case <-seat.Landed():
			t.Error("landed before the load has ended")
		default:
		}
		begin := time.Now()
		if err := other.Err(); err != nil || time.Since(begin) != time.Second {
			t.Errorf("ended with %v after %v", err, time.Since(begin))
		}
		if third, _, source := board(t, g, "third", mustNotLoad(t)); third != first || source != flight.Reused {
			t.Errorf("after the end: got %v %v", *third, source)
		}
		if value, _, ok := g.Lookup("key"); !ok || value != first {
			t.Errorf("Lookup: got %v, %v", value, ok)
		}
		time.Sleep(time.Minute)
		if fourth, _, source := board(t, g, "fourth", sleepFor(0, nil)); (*fourth)[0] != "fourth" || source != flight.Loaded {
			t.Errorf("a minute later: got %v %v", *fourth, source)
		}
	})
}

// mustNotLoad is a load that must not run.
func mustNotLoad(t *testing.T) func(context.Context) error {
	return func(context.Context) error { t.Error("loaded again"); return nil }
}

func TestJoinedLoadThatFailsIsNotReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		for name, fn := range map[string]func(context.Context) error{
			"broken":           sleepFor(time.Second, broken),
			"panicked: broken": func(context.Context) error { panic(broken) },
			"Goexit":           func(context.Context) error { runtime.Goexit(); return nil },
		} {
			g := newGroup(t, flight.Config[*[]string]{Reuse: time.Minute})
			_, seat, _ := board(t, g, "first", fn)
			if err := seat.Err(); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("got %v, want an error with %q", err, name)
			}
			if _, _, source := board(t, g, "second", sleepFor(0, nil)); source != flight.Loaded {
				t.Errorf("%s: the next caller was %v", name, source)
			}
		}
	})
}

func TestLastSeatToBeLeftCancelsTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[*[]string]{Reuse: time.Minute})
		var cause error
		_, first, _ := board(t, g, "first", func(ctx context.Context) error {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return cause
		})
		_, second, _ := board(t, g, "second", mustNotLoad(t))
		first.Leave()
		first.Leave()
		synctest.Wait()
		if cause != nil {
			t.Fatal("cancelled while one holds a seat")
		}
		second.Leave()
		synctest.Wait()
		if cause != flight.ErrAbandoned {
			t.Errorf("the load ended for %v, want ErrAbandoned", cause)
		}
		if _, _, source := board(t, g, "third", sleepFor(0, nil)); source != flight.Loaded {
			t.Errorf("the next caller was %v", source)
		}
	})
}

func TestForgetOfASeatSparesTheSuccessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[*[]string]{Reuse: time.Minute})
		_, old, _ := board(t, g, "old", sleepFor(time.Second, nil))
		old.Forget()
		young, _, source := board(t, g, "young", sleepFor(time.Second, nil))
		if (*young)[0] != "young" || source != flight.Loaded {
			t.Errorf("after Forget: got %v %v", *young, source)
		}
		old.Forget()
		old.Leave()
		if again, _, _ := board(t, g, "again", mustNotLoad(t)); again != young {
			t.Errorf("the old seat removed the young flight: got %v", *again)
		}
		time.Sleep(time.Second) // until both have landed
	})
}

// A load that has filled its value can look whether it is still wanted.
func TestCurrentIsWhatOthersMayJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, other := newGroup(t, flight.Config[*[]string]{}), newGroup(t, flight.Config[*[]string]{})
		type look struct {
			value       *[]string
			ok, foreign bool
		}
		looks := make(chan look, 1)
		peek := func(ctx context.Context) error {
			time.Sleep(time.Second)
			value, ok := g.Current(ctx)
			_, foreign := other.Current(ctx)
			looks <- look{value, ok, foreign}
			return nil
		}
		value, seat, _ := board(t, g, "kept", peek)
		if got := <-looks; got != (look{value, true, false}) {
			t.Errorf("got %+v", got)
		}
		<-seat.Landed()
		_, seat, _ = board(t, g, "forgotten", peek)
		seat.Forget()
		if got := <-looks; got != (look{}) {
			t.Errorf("after Forget: got %+v", got)
		}
		if _, ok := g.Current(t.Context()); ok {
			t.Error("found one where there is no load")
		}
	})
}

func TestWrongJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[*[]string]{MaxWaiters: 1})
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for _, c := range []struct {
			name string
			ctx  context.Context
			fn   func(context.Context) error
			want string
		}{
			{"nil load", t.Context(), nil, "fn is nil"},
			{"ended context", ended, mustNotLoad(t), "canceled"},
		} {
			if _, seat, _, err := g.Join(c.ctx, "key", nil, c.fn); err == nil || seat != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v", c.name, err)
			}
		}
		own := make(chan error, 1)
		board(t, g, "a", func(ctx context.Context) error {
			_, _, _, err := g.Join(ctx, "key", nil, mustNotLoad(t))
			own <- err
			return sleepFor(time.Second, nil)(ctx)
		})
		if err := <-own; err != flight.ErrOwnKey {
			t.Errorf("a load that joins itself: got %v", err)
		}
		if _, _, err := g.Do(t.Context(), "key", loadNothing); err == nil || !strings.Contains(err.Error(), "Do and Join") {
			t.Errorf("Do where others Join: got %v", err)
		}
		board(t, g, "b", mustNotLoad(t))
		if _, _, _, err := g.Join(t.Context(), "key", nil, mustNotLoad(t)); err != flight.ErrTooManyWaiters {
			t.Errorf("one waiter too many: got %v", err)
		}
		time.Sleep(time.Second)
	})
}

func loadNothing(context.Context) (*[]string, error) { return nil, nil }

// A slow reader keeps its seat for long. It must not hold what it has read.
func TestSeatDoesNotHoldTheValue(t *testing.T) {
	for name, reuse := range map[string]time.Duration{"not reused": 0, "reuse is over": time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			g := newGroup(t, flight.Config[*[1 << 20]byte]{Reuse: reuse})
			value, seat, _, err := g.Join(t.Context(), "key", new([1 << 20]byte), sleepFor(time.Second, nil))
			if err != nil {
				t.Fatal(err)
			}
			pointer := weak.Make(value)
			<-seat.Landed()
			time.Sleep(reuse)
			synctest.Wait()
			if runtime.GC(); pointer.Value() != nil {
				t.Errorf("%s: still held", name)
			}
			seat.Leave()
			runtime.KeepAlive(g)
		})
	}
}

// TestStressJoin mixes joining, leaving and failing. It passes when every seat
// lands or is left, and the value is that of one who joined.
func TestStressJoin(t *testing.T) {
	g := newGroup(t, flight.Config[*[]string]{Reuse: 50 * time.Microsecond})
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for n := range 300 {
				value, seat, _, err := g.Join(t.Context(), "key", &[]string{"x"}, sleepFor(time.Duration(n%3)*20*time.Microsecond, nil))
				if err != nil || (*value)[0] != "x" {
					t.Errorf("got %v, %v", value, err)
					return
				}
				if (n+i)%2 == 0 {
					<-seat.Landed()
				}
				if n%7 == 0 {
					seat.Forget()
				}
				seat.Leave()
			}
		})
	}
	wait.Wait()
}
