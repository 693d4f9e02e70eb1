package flight_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

type user struct{}

// A load's context is made when somebody asks for it. Whenever that is, before its
// end or after it, it behaves as one of the standard library.
func TestContextOfALoadIsThatOfTheStandardLibrary(t *testing.T) {
	for name, asked := range map[string]func(load context.Context) context.Context{
		"itself":         func(load context.Context) context.Context { return load },
		"with a value":   func(load context.Context) context.Context { return context.WithValue(load, user{}, 1) },
		"with a timeout": func(load context.Context) context.Context { return within(t, load, time.Hour) },
		"twice":          func(load context.Context) context.Context { return within(t, within(t, load, time.Hour), time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				load, goOn := beginLoad(t)
				ctx := asked(load)
				if ctx.Err() != nil || context.Cause(ctx) != nil {
					t.Errorf("before the end: %v because of %v", ctx.Err(), context.Cause(ctx))
				}
				done := make(chan error, 1)
				context.AfterFunc(ctx, func() { done <- context.Cause(ctx) })
				goOn()
				expectEnd(t, ctx)
				expectEnd(t, asked(load))
				if cause := <-done; !errors.Is(cause, io.ErrClosedPipe) {
					t.Errorf("AfterFunc saw the cause %v", cause)
				}
			})
		})
	}
}

func within(t *testing.T, ctx context.Context, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(ctx, d)
	t.Cleanup(cancel)
	return ctx
}

// beginLoad returns the context of a load that runs, and a function that gives it up.
func beginLoad(t *testing.T) (load context.Context, giveUp func()) {
	g, seen := newGroup(t, flight.Config[int]{}), make(chan context.Context, 1)
	g.Start("key", func(ctx context.Context) (int, error) { seen <- ctx; <-ctx.Done(); return 0, nil })
	load = <-seen
	return load, func() { g.GiveUp(load, "key", io.ErrClosedPipe) }
}

func expectEnd(t *testing.T, ctx context.Context) {
	t.Helper()
	select {
	case <-ctx.Done():
	default:
		t.Error("Done is not closed")
	}
	if ctx.Err() != context.Canceled || context.Cause(ctx) != io.ErrClosedPipe {
		t.Errorf("ended with %v because of %v", ctx.Err(), context.Cause(ctx))
	}
}

// Who asks for the end of a load for the first time when it has returned finds it
// ended.
func TestContextThatIsAskedForLate(t *testing.T) {
	var g flight.Group[string, context.Context]
	load, _, err := g.Do(t.Context(), "key", func(ctx context.Context) (context.Context, error) { return ctx, nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, limited := load.Deadline(); limited || load.Err() != context.Canceled || context.Cause(load) != context.Canceled {
		t.Errorf("got %v because of %v", load.Err(), context.Cause(load))
	}
	<-load.Done()
	child, cancel := context.WithCancel(load)
	defer cancel()
	<-child.Done()
}
