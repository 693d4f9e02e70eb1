package main

import (
	"strings"
	"testing"
)

// What a stall is because of depends on what else the machine does; who is to blame
// for one that was captured does not.
func TestPlantedBlockIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a command and takes some seconds of load")
	}
	t.Parallel()
	s := startAlone(t, "-block", blockCopy)
	s.listens(t)
	if _, why, found := strings.Cut(s.out.String(), "and no culprit: "); found {
		t.Skipf("the command cannot be built here: %s", why)
	}
	s.reports(t, `lagging +eventloop .*\(\*blocker\)\.copyCatalogue`)
}

func TestBlockIsChecked(t *testing.T) {
	_, err := parse([]string{"-block", "disk"}, nil)
	if err == nil || !strings.Contains(err.Error(), "none, cpu, copy, gc") {
		t.Errorf("the error is %v, want one that lists what there is", err)
	}
}
