package singleflight_test

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/singleflight"
)

// figure returns a value that a group reports: name, or name and label value.
func figure(source metric.Source, name string, labels ...string) float64 {
	return figures(source)[strings.Join(append([]string{name}, labels...), " ")]
}

func figures(source metric.Source) map[string]float64 {
	all := map[string]float64{}
	source.Collect(func(s metric.Sample) {
		name := strings.Join(append([]string{s.Desc.Name}, s.LabelValues[1:]...), " ")
		all[name] = s.Value
		if s.Histogram != nil {
			all[name] = float64(s.Histogram.Count())
		}
	})
	return all
}

func TestSeriesAreTheSameHoweverManyKeys(t *testing.T) {
	g := newGroup(t, singleflight.Config[string, []byte]{Reuse: time.Hour, Name: "catalog"})
	before := slices.Sorted(maps.Keys(figures(g)))
	for i := range 1000 {
		g.Do(t.Context(), fmt.Sprint(i), sized(i))
	}
	if after := slices.Sorted(maps.Keys(figures(g))); !slices.Equal(before, after) || len(after) > 30 {
		t.Errorf("series were %v and are %v", before, after)
	}
	for _, desc := range g.Describe() {
		if err := desc.Validate(); err != nil {
			t.Error(err)
		}
	}
	g.Collect(func(s metric.Sample) {
		if err := s.Validate(); err != nil || s.LabelValues[0] != "catalog" {
			t.Errorf("%v: %v", s, err)
		}
	})
}

func TestCallsAndLoadsAreCountedByHowTheyEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{Reuse: time.Minute, Stale: time.Minute, MaxWaiters: 1, LoadTimeout: time.Hour, OnHung: silent})
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		release := make(chan struct{})
		waitForever := func(ctx context.Context) (int64, error) { <-ctx.Done(); return 0, ctx.Err() }
		for key, fn := range map[string]func(context.Context) (int64, error){
			"ok": number(1), "error": down, "panic": explode, "timeout": waitForever, "hung": stuck(release),
			"goexit": func(context.Context) (int64, error) { runtime.Goexit(); return 0, nil },
		} {
			g.Do(t.Context(), key, fn)
		}
		close(release)
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		g.Do(impatient, "abandoned", waitForever)
		g.Do(ended, "ok", number(1))
		g.Do(t.Context(), "fresh", number(1))
		g.Do(t.Context(), "fresh", number(1))
		time.Sleep(90 * time.Second)
		g.Do(t.Context(), "fresh", number(1))
		synctest.Wait()
		got := figures(g)
		for name, want := range map[string]float64{
			"loads ok": 3, "loads error": 1, "loads panic": 1, "loads goexit": 1, "loads timeout": 1, "loads abandoned": 1, "loads hung": 2,
			"calls loaded": 7, "calls reused": 1, "calls stale": 1, "calls left": 2, "calls rejected": 0, "load": 8,
			"waiting": 0, "running loading": 0, "running queued": 0, "running hung": 0, "reserved": 0,
		} {
			if got["singleflight."+name] != want {
				t.Errorf("%s is %v, want %v", name, got["singleflight."+name], want)
			}
		}
		if _, known := got["singleflight.oldest"]; known {
			t.Error("the age of the oldest load is given where there is none")
		}
	})
}

func TestFindingsNameTheHungFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{Name: "catalog", AbandonAfter: time.Second, OnHung: silent})
		if f := g.Findings(); len(f) != 1 || f[0].State != finding.OK || f[0].Signal != "flights" {
			t.Errorf("got %v", f)
		}
		release := make(chan struct{})
		g.Do(t.Context(), "key", stuck(release))
		f := g.Findings()[0]
		if f.State != finding.Stopped || !strings.Contains(f.Summary, "2 loads given up") || !strings.Contains(f.Summary, "stuck") ||
			len(f.Culprits) != 1 || !strings.HasSuffix(f.Culprits[0].File, "main_test.go") {
			t.Errorf("got %+v", f)
		}
		close(release)
		synctest.Wait()
		if f := g.Findings(); f[0].State != finding.OK {
			t.Errorf("when it has ended: got %+v", f)
		}
	})
}

func TestFindingsTellOfLimitsThatAreUsedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, singleflight.Config[string, int64]{MaxLoads: 1, MaxWaiters: 1})
		for _, key := range []string{"a", "b", "c"} {
			go g.Do(t.Context(), key, func(ctx context.Context) (int64, error) { <-ctx.Done(); return 0, nil })
			synctest.Wait()
		}
		time.Sleep(2 * time.Minute)
		g.Do(t.Context(), "d", number(1))
		causes := map[string]finding.State{}
		for _, f := range g.Findings() {
			causes[f.Cause] = f.State
		}
		want := map[string]finding.State{"slow_load": finding.Stopped, "budget": finding.Lagging, "refused": finding.Lagging}
		if !maps.Equal(causes, want) {
			t.Errorf("got %v, want %v", causes, want)
		}
		g.Close()
	})
}

// A load that asks for its own key is a mistake of the program, and no limit helps.
func TestOwnKeyIsNoRefusal(t *testing.T) {
	g := newGroup(t, singleflight.Config[string, int64]{})
	var load func(context.Context) (int64, error)
	load = func(ctx context.Context) (int64, error) {
		value, _, err := g.Do(ctx, "key", load)
		return value, err
	}
	if _, _, err := g.Do(t.Context(), "key", load); err != singleflight.ErrOwnKey {
		t.Errorf("got %v", err)
	}
	if got := g.Findings(); len(got) != 1 || got[0].State != finding.OK {
		t.Errorf("findings are %+v", got)
	}
}
