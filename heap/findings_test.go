package heap

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

func TestFindings(t *testing.T) {
	limited := func(bytes uint64, source string, stats Stats) Snapshot {
		return Snapshot{Stats: stats, Limits: []Limit{{Bytes: bytes, Source: source, File: "/f"}}}
	}
	cases := []struct {
		name  string
		now   Snapshot
		cause string // "" means no finding
		state finding.State
		words []string
	}{
		{name: "nothing is wrong", now: limited(1<<30, SourceGo, Stats{Cycles: 9, Live: 1 << 20})},
		{name: "no limit", now: Snapshot{Stats: Stats{Cycles: 9, Live: 1 << 40}}},
		{name: "live fills the limit", now: limited(512<<20, SourceGo, Stats{Cycles: 9, Live: 470 << 20}),
			cause: "limit", state: finding.TooSmall, words: []string{"470 MiB", "92 %", "512 MiB", "940 MiB"}},
		{name: "not known before the first collection", now: limited(512<<20, SourceGo, Stats{Live: 470 << 20})},
		{name: "the limiter is on", now: limited(1<<30, SourceGo, Stats{Cycles: 9, LimiterCycle: 8}),
			cause: "gc_cpu_limiter", state: finding.TooSmall, words: []string{"cycle 8"}},
		{name: "the limiter was on long ago", now: limited(1<<30, SourceGo, Stats{Cycles: 90, LimiterCycle: 8})},
		{name: "the kernel's limit is unknown to Go", now: limited(1<<30, SourceCgroup, Stats{Cycles: 9}),
			cause: "gomemlimit", state: finding.OK, words: []string{"1.00 GiB", "GOMEMLIMIT=921MiB"}},
		{name: "profiles take two of three GiB", now: limited(3<<30, SourceGo, Stats{ProfilerBuckets: 2 << 30}),
			cause: "profiler_buckets", state: finding.Exploded, words: []string{"2.00 GiB", "67 %", "3.00 GiB", "recursion"}},
		{name: "profiles are large and the limit larger", now: limited(3<<30, SourceGo, Stats{ProfilerBuckets: 128 << 20})},
		{name: "profiles are a large part of little", now: limited(128<<20, SourceGo, Stats{ProfilerBuckets: 60 << 20})},
		{name: "profiles are large and no limit is known", now: Snapshot{Stats: Stats{ProfilerBuckets: 2 << 30}}},
		{name: "a limit cannot be read", now: Snapshot{unread: errors.New("memory.max: permission denied")},
			cause: "cgroup", state: finding.Unknown, words: []string{"memory.max: permission denied"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := &Monitor{now: c.now}
			got := m.Findings()
			if c.cause == "" {
				if len(got) > 0 {
					t.Errorf("findings are %+v, want none", got)
				}
				return
			}
			if len(got) != 1 || got[0].Cause != c.cause || got[0].State != c.state {
				t.Fatalf("findings are %+v, want one of state %v and cause %s", got, c.state, c.cause)
			}
			for _, word := range c.words {
				if all := got[0].Summary + got[0].Advice; !strings.Contains(all, word) {
					t.Errorf("%q does not say %q", all, word)
				}
			}
		})
	}
}

// minutes lets a monitor see one state per minute and returns its finding about
// a queue, if there is one.
func minutes(t *testing.T, states ...Stats) (found []finding.Finding) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t)
		m.read = replay(states...)
		for range states {
			m.step(t.Context())
			time.Sleep(time.Minute)
		}
		found = m.Findings()
	})
	return found
}

func queue(queued, executed uint64) Stats {
	return Stats{FinalizersQueued: queued, FinalizersExecuted: executed, CleanupsQueued: queued, CleanupsExecuted: queued}
}

func TestStuckFinalizersAreNamed(t *testing.T) {
	cases := []struct {
		name   string
		states []Stats
		stuck  bool
	}{
		{"none ends while more come", []Stats{queue(10, 10), queue(20, 10), queue(30, 10), queue(40, 10), queue(50, 10)}, true},
		{"none ends, for two minutes", []Stats{queue(10, 10), queue(20, 10), queue(30, 10), queue(40, 10)}, false},
		{"none ends and no more come", []Stats{queue(10, 10), queue(20, 10), queue(20, 10), queue(20, 10), queue(20, 10)}, false},
		{"slow, but some end", []Stats{queue(10, 10), queue(20, 10), queue(30, 11), queue(40, 11), queue(50, 12), queue(60, 12)}, false},
		{"nothing waits", []Stats{queue(10, 10), queue(10, 10), queue(10, 10), queue(10, 10), queue(10, 10)}, false},
		{"stuck, then freed", []Stats{queue(10, 10), queue(20, 10), queue(30, 10), queue(40, 10), queue(50, 10), queue(50, 50)}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := minutes(t, c.states...)
			if !c.stuck {
				if len(got) > 0 {
					t.Errorf("findings are %+v, want none", got)
				}
				return
			}
			if len(got) != 1 || got[0].State != finding.Stopped || got[0].Cause != "finalizers" || got[0].Since.IsZero() {
				t.Fatalf("findings are %+v, want one about finalizers that stopped", got)
			}
			for _, word := range []string{"No finalizers", "3m", "40 are waiting", "runtime.runFinalizers"} {
				if all := got[0].Summary + got[0].Advice; !strings.Contains(all, word) {
					t.Errorf("%q does not say %q", all, word)
				}
			}
		})
	}
}

func TestStuckCleanupsAreNamed(t *testing.T) {
	cleanups := func(queued uint64) Stats { return Stats{CleanupsQueued: queued} }
	got := minutes(t, cleanups(1), cleanups(2), cleanups(3), cleanups(4), cleanups(5))
	if len(got) != 1 || got[0].Cause != "cleanups" || !strings.Contains(got[0].Advice, "runtime.AddCleanup") {
		t.Errorf("findings are %+v, want one about cleanups", got)
	}
}
