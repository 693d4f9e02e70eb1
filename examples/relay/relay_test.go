package main

import (
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/leakguard"
	"github.com/govitals/govitals/singleflight/httpflight"
)

func TestTheHerdCausesOneLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("moves a hundred MiB")
	}
	var out strings.Builder
	if err := run(&out, 8); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if !strings.HasSuffix(out.String(), "0 loads, 0 answers, 0 bytes in the handler\n") {
		t.Errorf("the handler holds something:\n%s", out.String())
	}
	loads, _, _ := strings.Cut(out.String()[strings.Index(out.String(), "loads"):], "\n")
	if fields := strings.Fields(loads); len(fields) != 3 || fields[1] != "8" || fields[2] != "1" {
		t.Errorf("loads: %q", loads)
	}
}

func TestClientsAreBounded(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 1001} {
		if err := run(nil, n); err == nil || !strings.Contains(err.Error(), "-clients") {
			t.Errorf("%d clients: %v", n, err)
		}
	}
}

// However often the herd comes, over real sockets, nothing grows: goroutines,
// bytes, descriptors, and what the handler's own tables hold.
func TestTheHerdLeavesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("moves forty MiB")
	}
	origin := newOrigin(64<<10, 2*time.Millisecond)
	defer origin.close()
	handler := httpflight.New(&relay{origin: origin}, httpflight.Config{
		Reuse: time.Millisecond, Stale: time.Millisecond, StaleIfError: 2 * time.Millisecond, MaxGenerations: 4,
	})
	defer handler.Close()
	leakguard.Loop(t, 40, func() {
		if _, err := serve(handler, handler.ConnContext, origin, 16); err != nil {
			t.Error(err)
		}
	})
	const empty = "0 loads, 0 answers, 0 bytes in the handler"
	for deadline := time.Now().Add(time.Minute); tables(handler) != empty; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("left when all is over: %s", tables(handler))
		}
	}
}
