package singleflight_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	xsync "golang.org/x/sync/singleflight"

	"github.com/govitals/govitals/singleflight"
)

// event is what happens in a schedule: a call or a Forget at a time, and how the
// call's load would end.
type event struct {
	at     time.Duration
	key    string
	forget bool
	takes  time.Duration
	fails  bool
}

// answer is what a call got: the number of the load, and whether it failed.
type answer struct {
	load   int64
	failed bool
}

func randomSchedule(r *rand.Rand) []event {
	var all []event
	for i := range 40 {
		all = append(all, event{
			at:     time.Duration(i)*10*time.Millisecond + time.Millisecond, // one after the other
			key:    string(rune('a' + r.IntN(3))),
			forget: r.IntN(8) == 0,
			takes:  time.Duration(r.IntN(12))*10*time.Millisecond + 5*time.Millisecond,
			fails:  r.IntN(4) == 0,
		})
	}
	return all
}

// play runs a schedule and returns what each call got. Loads are numbered in the
// order in which they begin.
func play(schedule []event, do func(key string, fn func() (int64, error)) (int64, error), forget func(string)) []answer {
	answers := make([]answer, len(schedule))
	var loads atomic.Int64
	var wait sync.WaitGroup
	for i, e := range schedule {
		wait.Go(func() {
			time.Sleep(e.at)
			if e.forget {
				forget(e.key)
				return
			}
			value, err := do(e.key, func() (int64, error) {
				n := loads.Add(1)
				time.Sleep(e.takes)
				if e.fails {
					return n, errDown
				}
				return n, nil
			})
			answers[i] = answer{value, errors.Is(err, errDown)}
		})
	}
	wait.Wait()
	return answers
}

// Without anything set, calls that nobody leaves and loads that return get what
// golang.org/x/sync/singleflight gives them.
func TestSameAnswersAsXSync(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	for range 50 {
		schedule := randomSchedule(r)
		var want, got []answer
		synctest.Test(t, func(t *testing.T) {
			var x xsync.Group
			want = play(schedule, func(key string, fn func() (int64, error)) (int64, error) {
				value, err, _ := x.Do(key, func() (any, error) { return fn() })
				return value.(int64), err
			}, x.Forget)
			g := newGroup(t, singleflight.Config[string, int64]{})
			got = play(schedule, func(key string, fn func() (int64, error)) (int64, error) {
				value, _, err := g.Do(t.Context(), key, func(context.Context) (int64, error) { return fn() })
				return value, err
			}, g.Forget)
		})
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("schedule %+v\ngot  %v\nwant %v", schedule, got, want)
		}
	}
}
