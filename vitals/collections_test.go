package vitals

import (
	"testing"
	"time"
)

func TestCollectionsSinceAreNeverTooMany(t *testing.T) {
	var log collectionLog
	at := noon
	for i := range 20_000 { // one a second; two days of ticks
		at = noon.Add(time.Duration(i) * 10 * time.Second)
		log.add(at, uint64(10*i))
	}
	if len(log.at) > cyclesKept {
		t.Errorf("%d moments are kept", len(log.at))
	}
	const now = 199_990
	for _, ago := range []time.Duration{time.Hour, 10 * time.Hour, 48 * time.Hour} {
		true, got := uint64(ago/time.Second), log.after(at.Add(-ago), now)
		if got > true || got < true*8/10 {
			t.Errorf("since %v there were %d collections, said are %d", ago, true, got)
		}
	}
	if got := log.after(at.Add(time.Hour), now); got != 0 {
		t.Errorf("from the future on there were %d", got)
	}
}
