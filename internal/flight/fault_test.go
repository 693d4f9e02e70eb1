package flight_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

// doThree makes three callers share one load and returns their errors.
func doThree(t *testing.T, g *flight.Group[string, int], load func(context.Context) (int, error)) []error {
	errs := make([]error, 3)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() {
			var value int
			value, _, errs[i] = g.Do(t.Context(), "key", func(ctx context.Context) (int, error) {
				time.Sleep(time.Second)
				return load(ctx)
			})
			if value != 0 {
				t.Errorf("a failed load gave the value %d", value)
			}
		})
	}
	wait.Wait()
	return errs
}

func explode(context.Context) (int, error) { panic(io.ErrUnexpectedEOF) }

func TestPanicReachesEveryCallerWithItsStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[int]{Reuse: time.Hour})
		for _, err := range doThree(t, g, explode) {
			var p *flight.PanicError
			if !errors.As(err, &p) || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "unexpected EOF") {
				t.Fatalf("got %v", err)
			}
			if !bytes.Contains(p.Stack, []byte("flight_test.explode")) {
				t.Errorf("the stack does not show who panicked:\n%s", p.Stack)
			}
		}
		if value, _, err := g.Do(t.Context(), "key", func(context.Context) (int, error) { return 3, nil }); value != 3 || err != nil {
			t.Errorf("after the panic: got %d, %v", value, err)
		}
	})
}

func TestGoexitReachesEveryCallerAsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, flight.Config[int]{Reuse: time.Hour})
		leave := func(context.Context) (int, error) { runtime.Goexit(); return 1, nil }
		for _, err := range doThree(t, g, leave) {
			if err != flight.ErrGoexit {
				t.Errorf("got %v, want ErrGoexit", err)
			}
		}
		if value, _, err := g.Do(t.Context(), "key", func(context.Context) (int, error) { return 3, nil }); value != 3 || err != nil {
			t.Errorf("after Goexit: got %d, %v", value, err)
		}
	})
}

func TestPanicWithoutAnErrorHasNothingToUnwrap(t *testing.T) {
	var g flight.Group[string, int]
	_, _, err := g.Do(t.Context(), "key", func(context.Context) (int, error) { panic("no") })
	if err == nil || errors.Unwrap(err) != nil || err.Error() != "flight: the load panicked: no" {
		t.Errorf("got %v", err)
	}
}

func TestPanicInReuseForIsAnError(t *testing.T) {
	g := newGroup(t, flight.Config[int]{ReuseFor: func(int) time.Duration { panic("no") }})
	var p *flight.PanicError
	if value, _, err := g.Do(t.Context(), "key", func(context.Context) (int, error) { return 1, nil }); !errors.As(err, &p) || value != 0 {
		t.Errorf("got %d, %v", value, err)
	}
}

func TestLoadThatAsksForItsOwnKeyGetsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[string, int]
		var load func(context.Context) (int, error)
		load = func(ctx context.Context) (int, error) {
			value, _, err := g.Do(ctx, "key", load)
			return value, err
		}
		if _, _, err := g.Do(t.Context(), "key", load); err != flight.ErrOwnKey {
			t.Errorf("got %v, want ErrOwnKey", err)
		}
	})
}

func TestLoadMayAskForAnotherKey(t *testing.T) {
	var g flight.Group[string, int]
	value, _, err := g.Do(t.Context(), "outer", func(ctx context.Context) (int, error) {
		value, _, err := g.Do(ctx, "inner", func(context.Context) (int, error) { return 5, nil })
		return value, err
	})
	if value != 5 || err != nil {
		t.Errorf("got %d, %v", value, err)
	}
}
