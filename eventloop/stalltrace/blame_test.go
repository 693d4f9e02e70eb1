package stalltrace

import (
	"testing"
	"time"

	"golang.org/x/exp/trace"
)

func TestWithoutAStallNobodyIsNamed(t *testing.T) {
	for length, want := range map[trace.Time]int{shortest - 1: 0, shortest: 1} {
		r := newRecord()
		at := r.sites.put(site{name: "main.work"})
		r.spans.add(span{1, 1 + length, at, waiting, 1})
		r.spans.add(span{1, 1 + length, at, running, 2})
		if culprits := r.blame(); len(culprits) != want {
			t.Errorf("somebody waited for %v: %+v, want %d", time.Duration(length), culprits, want)
		}
	}
}
