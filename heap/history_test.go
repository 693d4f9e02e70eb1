package heap

import (
	"encoding/json"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/cgroup"
)

func TestHistoryIsWhatWasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t)
		begin, reading := time.Now(), 0
		m.read = func(s *Stats) {
			*s = Stats{At: time.Now(), Cycles: 1, Live: 100, Committed: 500, Stacks: 7, Goal: 300, Held: 600, MemoryLimit: 1 << 30}
			if reading++; reading == 1800 { // one second, half an hour on
				s.Committed = 9000
			}
		}
		m.kernel.rss = func() (uint64, error) { return 650, nil }
		if err := m.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		recent := m.History(time.Now().Add(-5 * time.Minute))
		if n := len(recent); n < 135 || n > 151 || recent[0].Seconds != 2 {
			t.Fatalf("%d points of %v s for five minutes, want about 150 of two seconds", n, recent[0].Seconds)
		}
		last := recent[len(recent)-1]
		for what, pair := range map[string][2]float32{
			"live": {last.Live.Last, 100}, "committed": {last.Committed.Last, 500}, "stacks": {last.Stacks.Last, 7},
			"goal": {last.Goal.Last, 300}, "rss": {last.RSS.Last, 650}, "off-heap": {last.OffHeap.Last, 50}, "limit": {last.Limit.Last, 1 << 30},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s is %v, want %v", what, pair[0], pair[1])
			}
		}
		all := m.History(time.Time{})
		if all[0].Seconds != 20 || !all[0].At.Equal(begin) {
			t.Errorf("two hours begin at %v in points of %v s, want %v and 20 s", all[0].At, all[0].Seconds, begin)
		}
		highest := float32(0)
		for _, p := range all {
			highest = max(highest, p.Committed.Max)
		}
		if highest != 9000 {
			t.Errorf("the highest is %v, want the spike of one second", highest)
		}
	})
}

func TestHistoryOfTheUnknownIsNull(t *testing.T) {
	m := newMonitor(t)
	m.read = replay(Stats{Objects: 5}) // no collection yet, no kernel, no limit
	if got := m.History(time.Time{}); len(got) != 0 {
		t.Errorf("before the first reading there is %v", got)
	}
	m.step(t.Context())
	text, err := json.Marshal(m.History(time.Time{}))
	if err != nil {
		t.Fatal(err)
	}
	var back []map[string]any
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"live", "rss", "off_heap", "limit", "gc_share"} {
		if value, there := back[0][name]; !there || value != nil {
			t.Errorf("%s is %v, want null", name, value)
		}
	}
	var again []HistoryPoint
	if err := json.Unmarshal(text, &again); err != nil || again[0].Live.Known() || !again[0].Committed.Known() {
		t.Errorf("read back it is %+v, error %v", again, err)
	}
	if none := (&Monitor{}).History(time.Time{}); none != nil {
		t.Errorf("a monitor that never ran has %v", none)
	}
}

func TestHistoryStatesItsSize(t *testing.T) {
	if got := newHistory().ring.Bytes(); got != 137_280 {
		t.Errorf("it takes %d bytes, the comment says 137,280", got)
	}
}

func TestSnapshotFitsJSON(t *testing.T) {
	m := newMonitor(t)
	m.kernel.find = func() (*cgroup.Group, error) { return cgroup.Find(inContainer(nil)) }
	m.step(t.Context())
	if _, err := json.Marshal(m.Snapshot()); err != nil {
		t.Error(err)
	}
	if r := (Range{Last: float32(math.NaN())}); r.Known() {
		t.Error("NaN is known")
	}
}
