package main

import (
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

// What a stall is because of depends on what else the machine does; who is to blame
// for one that was captured does not.
func TestPlantedBlockIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a command and takes some seconds of load")
	}
	n, err := newNamer(t.Context()) // a second time it takes a moment only
	if err != nil {
		t.Skipf("the command cannot be built here: %v", err)
	}
	if err := n.close(); err != nil {
		t.Error(err)
	}
	t.Cleanup(debug.FreeOSMemory) // or the next test waits long for a collection
	s := start(t, "-block", blockCopy)
	words := regexp.MustCompile(`lagging +eventloop .*\(\*blocker\)\.copyCatalogue`)
	eventually(t, "the report names who copies", func() bool {
		return words.MatchString(get(t, s.url+"/debug/vitals"))
	})
}

func TestBlockIsChecked(t *testing.T) {
	_, err := parse([]string{"-block", "disk"}, nil)
	if err == nil || !strings.Contains(err.Error(), "none, cpu, copy, gc") {
		t.Errorf("the error is %v, want one that lists what there is", err)
	}
}
