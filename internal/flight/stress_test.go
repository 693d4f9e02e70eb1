package flight_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

// TestStress mixes every way in which a load can end. It passes when every
// call returns with a value of its own key or an error that it may get.
func TestStress(t *testing.T) {
	g, err := flight.New[int](flight.Config[int]{Reuse: 50 * time.Microsecond, MaxWaiters: 8})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			for range 500 {
				callOnce(t, g)
			}
		})
	}
	wait.Wait()
}

var errLoad = errors.New("load failed")

func callOnce(t *testing.T, g *flight.Group[int, int]) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(200))*time.Microsecond)
	defer cancel()
	key := rand.IntN(3)
	if rand.IntN(10) == 0 {
		g.Forget(key)
	}
	value, result, err := g.Do(ctx, key, func(ctx context.Context) (int, error) { return key, misbehave(ctx) })
	if err == nil && (value != key || result.Source == flight.None) {
		t.Errorf("key %d: got %d, %v", key, value, result)
	}
	if err != nil && !expected(err) {
		t.Errorf("key %d: got %v", key, err)
	}
}

func misbehave(ctx context.Context) error {
	switch rand.IntN(8) {
	case 0:
		panic("stress")
	case 1:
		runtime.Goexit()
	case 2:
		return errLoad
	case 3:
		<-ctx.Done() // until everyone has left
	case 4:
		time.Sleep(100 * time.Microsecond)
	}
	return nil
}

func expected(err error) bool {
	var p *flight.PanicError
	return errors.As(err, &p) || errors.Is(err, flight.ErrGoexit) || errors.Is(err, flight.ErrTooManyWaiters) ||
		errors.Is(err, errLoad) || errors.Is(err, context.DeadlineExceeded)
}

func BenchmarkReused(b *testing.B) {
	g, _ := flight.New[string](flight.Config[int]{Reuse: time.Hour})
	load := func(context.Context) (int, error) { return 1, nil }
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		g.Do(ctx, "key", load)
	}
}

func BenchmarkLoad(b *testing.B) {
	var g flight.Group[string, int]
	load := func(context.Context) (int, error) { return 1, nil }
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		g.Do(ctx, "key", load)
	}
}
