package main

import (
	"strings"
	"testing"
)

func TestTheHerdCausesOneLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("moves a hundred MiB")
	}
	var out strings.Builder
	if err := run(&out, 8); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
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
