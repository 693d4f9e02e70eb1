package singleflight_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight"
)

func TestCloseReleasesCallersAndWaitsForLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := singleflight.New(singleflight.Config[string, int64]{Reuse: time.Hour})
		g.Do(t.Context(), "kept", number(1))
		ended := false
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				_, result, err := g.Do(t.Context(), "key", func(ctx context.Context) (int64, error) {
					<-ctx.Done()
					time.Sleep(time.Second)
					ended = context.Cause(ctx) == singleflight.ErrClosed
					return 1, nil
				})
				if err != singleflight.ErrClosed || result.Source != singleflight.None {
					t.Errorf("a caller got %v, %v", result, err)
				}
			})
		}
		synctest.Wait()
		begin := time.Now()
		if err := g.Close(); err != nil || !ended || time.Since(begin) != time.Second {
			t.Errorf("Close: %v after %v, ended %v", err, time.Since(begin), ended)
		}
		wait.Wait()
		for _, key := range []string{"key", "kept"} {
			if _, _, err := g.Do(t.Context(), key, number(1)); err != singleflight.ErrClosed {
				t.Errorf("%s: after Close: got %v", key, err)
			}
		}
		if err := g.Close(); err != nil || figure(g, "singleflight.held") != 0 {
			t.Errorf("Close again: %v", err)
		}
	})
}

func TestCloseNamesLoadsThatIgnoreTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := singleflight.New(singleflight.Config[string, int64]{Name: "catalog"})
		release := make(chan struct{})
		go g.Do(t.Context(), "key", stuck(release))
		synctest.Wait()
		begin := time.Now()
		if err := g.Close(); err == nil || !strings.Contains(err.Error(), `1 loads of group "catalog"`) || time.Since(begin) != 5*time.Second {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
		close(release)
		if err := g.Close(); err != nil {
			t.Errorf("when it has ended: %v", err)
		}
	})
}

func TestZeroGroupIsOnlyGoodForClosing(t *testing.T) {
	var zero singleflight.Group[string, int64]
	var none *singleflight.Group[string, int64]
	for _, g := range []*singleflight.Group[string, int64]{&zero, none} {
		if _, _, err := g.Do(t.Context(), "key", number(1)); err == nil || !strings.Contains(err.Error(), "New") {
			t.Errorf("got %v", err)
		}
		g.Forget("key")
		for range g.Flights() {
			t.Error("a flight")
		}
		if _, _, ok := g.Lookup("key"); ok || g.Findings() != nil || len(figures(g)) != 0 || g.Close() != nil {
			t.Error("a group that was not made by New does something")
		}
	}
}

func TestWrongConfigPanicsWithTheField(t *testing.T) {
	for field, config := range map[string]singleflight.Config[string, int64]{
		"Reuse": {Reuse: -1}, "Stale": {Stale: -1}, "StaleIfError": {StaleIfError: 1 << 62}, "ErrorReuse": {ErrorReuse: -1},
		"LoadTimeout": {LoadTimeout: -1}, "AbandonAfter": {AbandonAfter: -1}, "MaxBytes": {MaxBytes: -1}, "MaxEntries": {MaxEntries: -1},
		"MaxLoads": {MaxLoads: -1}, "MaxWaiters": {MaxWaiters: -1}, "MaxGenerations": {MaxGenerations: -1},
		"Values[0]": {Values: []any{nil}}, "Values[1]": {Values: []any{1, []int{}}},
	} {
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), "Config."+field+" is") {
					t.Errorf("%s: got %v", field, err)
				}
			}()
			singleflight.New(config)
		}()
	}
}
