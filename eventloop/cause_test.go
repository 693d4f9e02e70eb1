package eventloop

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// millis is a number of milliseconds.
func millis(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }

// seen completes what was measured with what can always be read.
func seen(e Evidence) Evidence {
	e.Window, e.Procs, e.Cores, e.hasCPU, e.hasRunDelay = e.Lag+millis(10), 2, 2, true, true
	e.mostCPU, e.mostRunDelay, e.mostSwitches = max(e.CPU, e.mostCPU), max(e.LongestRunDelay, e.mostRunDelay), max(e.Switches, e.mostSwitches)
	return e
}

func withoutCPU(e Evidence) Evidence { e.hasCPU, e.hasRunDelay = false, false; return e }

func first(e Evidence) Evidence { e.gcUnmeasured = true; return e }

func crowded(e Evidence) Evidence { e.crowdRuns = true; return e }

func on64(e Evidence) Evidence { e.Procs, e.Cores = 64, 64; return e }

// classified is evidence as it was read while each disturbance was made on a machine
// with two processors, among other work.
var classified = []struct {
	name string
	e    Evidence
	want Cause
}{
	{"CFS quota: run delay contains the throttled time", seen(Evidence{Lag: millis(71), CPU: millis(10), ThrottledPeriods: 1, Throttled: millis(130), RunDelay: millis(214), LongestRunDelay: millis(69), RunnableBefore: 1, RunnableAfter: 1}), CauseThrottled},
	{"throttled a little, neighbours otherwise", seen(Evidence{Lag: millis(282), CPU: millis(19), ThrottledPeriods: 1, Throttled: millis(16), RunDelay: millis(848), LongestRunDelay: millis(265)}), CauseHostContention},
	{"SIGSTOP, idle", seen(Evidence{Lag: millis(192), RunDelay: millis(12), LongestRunDelay: millis(4), RunnableAfter: 1}), CauseFrozen},
	{"SIGSTOP, two hogs that ran for a while after it", seen(Evidence{Lag: millis(233), CPU: millis(59), RunDelay: millis(34), LongestRunDelay: millis(12), Steal: millis(10), RunnableBefore: 1, RunnableAfter: 1}), CauseFrozen},
	{"SIGSTOP, then all threads wait at once", seen(Evidence{Lag: millis(305), RunDelay: millis(492), LongestRunDelay: millis(101), RunnableAfter: 1}), CauseFrozen},
	{"around the sleep of a machine", seen(Evidence{Lag: millis(60), CPU: millis(40), Suspended: time.Hour}), CauseFrozen},
	{"neighbours, two hogs", seen(Evidence{Lag: millis(205), CPU: millis(3), RunDelay: millis(401), LongestRunDelay: millis(168), RunnableBefore: 1, RunnableAfter: 1}), CauseHostContention},
	{"the hypervisor's neighbours", seen(Evidence{Lag: millis(90), CPU: millis(20), Steal: millis(160)}), CauseHostContention},
	{"threads of its own that take turns", seen(Evidence{Lag: millis(90), CPU: millis(176), RunDelay: millis(170), LongestRunDelay: millis(85), RunnableBefore: 3, RunnableAfter: 2}), CauseRunqueue},
	{"dump of 100,000 goroutines", seen(Evidence{Lag: millis(154), CPU: millis(146), RunDelay: millis(5), Stopped: millis(151), RunnableAfter: 1}), CauseSTW},
	{"the same on 64 processors, of which one works", on64(seen(Evidence{Lag: millis(154), CPU: millis(146), RunDelay: millis(5), Stopped: millis(151)})), CauseSTW},
	{"copy of 1 GiB on 1 of 2 P, ReadMemStats", seen(Evidence{Lag: millis(61), CPU: millis(76), RunDelay: millis(27), LongestRunDelay: millis(7), Stopped: millis(75), Stopping: millis(75)}), CauseSTWBlocked},
	{"the same while another thread waits for long", seen(Evidence{Lag: millis(60), CPU: millis(82), RunDelay: millis(110), LongestRunDelay: millis(61), Stopped: millis(63), Stopping: millis(63), RunnableAfter: 1}), CauseSTWBlocked},
	{"a collection had to wait for a copy", seen(Evidence{Lag: millis(100), CPU: millis(110), GCStopped: millis(96), GCStopping: millis(96)}), CauseSTWBlocked},
	{"a collection stopped the world for long", seen(Evidence{Lag: millis(100), CPU: millis(110), GCStopped: millis(96), GCStopping: millis(1)}), CauseGC},
	{"collection of a heap of pointers", seen(Evidence{Lag: millis(39), CPU: millis(80), RunDelay: millis(12), LongestRunDelay: millis(3), GCOverlap: 1, GCShare: 0.9, RunnableBefore: 2, RunnableAfter: 2, Waiting: 5.6, Switches: 16}), CauseGC},
	{"the same, the neighbours take half", seen(Evidence{Lag: millis(33), CPU: millis(29), RunDelay: millis(67), LongestRunDelay: millis(28), GCOverlap: 1, GCShare: 0.94, RunnableBefore: 1, RunnableAfter: 2}), CauseGC},
	{"the same, they take more than two thirds", seen(Evidence{Lag: millis(71), CPU: millis(44), RunDelay: millis(124), LongestRunDelay: millis(71), Steal: millis(48), GCOverlap: 1, GCShare: 0.91, RunnableBefore: 1, RunnableAfter: 1}), CauseHostContention},
	{"the first collection that was seen", first(seen(Evidence{Lag: millis(35), CPU: millis(75), RunDelay: millis(9), LongestRunDelay: millis(3), GCOverlap: 1, RunnableBefore: 2, RunnableAfter: 2, Waiting: 3.1, Switches: 24})), CauseUnknown},
	{"the same, nobody else was looked at", first(seen(Evidence{Lag: millis(35), CPU: millis(75), GCOverlap: 1})), CauseUnknown},
	{"the same, for a tenth of the time", first(seen(Evidence{Lag: millis(161), CPU: millis(320), GCOverlap: 0.1, RunnableBefore: 15, RunnableAfter: 16, Waiting: 10, Switches: 24})), CauseRunqueue},
	{"a collection at the usual quarter, spinners", seen(Evidence{Lag: millis(150), CPU: millis(300), GCOverlap: 1, GCShare: 0.25, RunnableBefore: 15, RunnableAfter: 16, Waiting: 15, Switches: 24}), CauseRunqueue},
	{"8 spinners per P", seen(Evidence{Lag: millis(161), CPU: millis(320), RunnableBefore: 15, RunnableAfter: 16, Waiting: 10, Switches: 24}), CauseRunqueue},
	{"16 spinners begin at once", seen(Evidence{Lag: millis(314), CPU: millis(627), RunDelay: millis(94), LongestRunDelay: millis(69), RunnableAfter: 15, Waiting: 10.3, Switches: 48}), CauseRunqueue},
	{"1,000 goroutines of 1 ms at once, all done", seen(Evidence{Lag: millis(501), CPU: millis(997), RunDelay: millis(18), LongestRunDelay: millis(5), RunnableAfter: 1, Waiting: 987, Switches: 1000}), CauseRunqueue},
	{"copy of 1 GiB on both P", seen(Evidence{Lag: millis(77), CPU: millis(165), RunDelay: millis(6), RunnableAfter: 1}), CauseNonpreemptible},
	{"the same, requests wait behind it", seen(Evidence{Lag: millis(91), CPU: millis(153), RunDelay: millis(26), RunnableAfter: 137}), CauseNonpreemptible},
	{"the same, some requests were answered before it", seen(Evidence{Lag: millis(167), CPU: millis(171), RunDelay: millis(243), LongestRunDelay: millis(107), RunnableAfter: 85, Waiting: 2.2, Switches: 24}), CauseUnknown},
	{"the same, the probe comes second", seen(Evidence{Lag: millis(93), CPU: millis(176), RunDelay: millis(135), LongestRunDelay: millis(93), RunnableBefore: 1, RunnableAfter: 1, Waiting: 8.3, Switches: 16}), CauseNonpreemptible},
	{"the same, and they run as soon as it is over", crowded(seen(Evidence{Lag: millis(291), CPU: millis(567), RunDelay: millis(33), LongestRunDelay: millis(18), Steal: millis(10), RunnableBefore: 1, RunnableAfter: 125, Waiting: 0.2, Switches: 15})), CauseNonpreemptible},
	{"the same, one had waited for all of it", crowded(seen(Evidence{Lag: millis(292), CPU: millis(579), RunDelay: millis(34), LongestRunDelay: millis(17), Steal: millis(9), RunnableBefore: 1, RunnableAfter: 133, Waiting: 8.4, Switches: 16})), CauseNonpreemptible},
	{"the same, one had waited for a part of it", crowded(seen(Evidence{Lag: millis(292), CPU: millis(579), RunnableBefore: 1, RunnableAfter: 133, Waiting: 4.4, Switches: 16})), CauseUnknown},
	{"the same, some had run, each had waited for a part of it", crowded(seen(Evidence{Lag: millis(292), CPU: millis(579), RunnableBefore: 1, RunnableAfter: 133, Waiting: 16.3, Switches: 40})), CauseUnknown},
	{"a short queue of long work, before a crowd with short work", crowded(seen(Evidence{Lag: millis(61), CPU: millis(122), RunnableAfter: 55, Waiting: 7.4, Switches: 8})), CauseUnknown},
	{"the same, two of it were looked at", crowded(seen(Evidence{Lag: millis(74), CPU: millis(148), RunnableAfter: 68, Waiting: 8.9, Switches: 16})), CauseUnknown},
	{"a queue of which hardly anybody was looked at", seen(Evidence{Lag: millis(254), CPU: millis(343), RunDelay: millis(124), LongestRunDelay: millis(48), RunnableAfter: 15, Waiting: 4.5, Switches: 8}), CauseUnknown},
	{"the same, slowed down by neighbours", seen(Evidence{Lag: millis(141), CPU: millis(146), RunDelay: millis(110), LongestRunDelay: millis(55), RunnableAfter: 2}), CauseNonpreemptible},
	{"the same on one processor of two, the neighbours have the other", seen(Evidence{Lag: millis(126), CPU: millis(122), RunDelay: millis(213), LongestRunDelay: millis(75), RunnableAfter: 1}), CauseNonpreemptible},
	{"SIGSTOP or neighbours: what waits cannot be told apart", seen(Evidence{Lag: millis(80), CPU: millis(33), RunDelay: millis(41), LongestRunDelay: millis(3), mostRunDelay: millis(60), RunnableBefore: 1, RunnableAfter: 1}), CauseUnknown},
	{"the same, and it is still there a moment later", seen(Evidence{Lag: millis(302), CPU: millis(549), RunDelay: millis(11), LongestRunDelay: millis(8), RunnableAfter: 15, Waiting: 2.4, Switches: 8, queueStays: true}), CauseRunqueue},
	{"a long queue that was drained", seen(Evidence{Lag: millis(231), CPU: millis(368), RunDelay: millis(108), LongestRunDelay: millis(40), RunnableBefore: 16, RunnableAfter: 1, Waiting: 5.4, Switches: 8}), CauseRunqueue},
	{"16 spinners and requests, the neighbours take half", seen(Evidence{Lag: millis(325), CPU: millis(239), RunDelay: millis(513), LongestRunDelay: millis(213), RunnableBefore: 36, RunnableAfter: 28, Waiting: 13.8, Switches: 80}), CauseRunqueue},
	{"the same, one thread waits for two thirds", seen(Evidence{Lag: millis(48), CPU: millis(58), RunDelay: millis(49), LongestRunDelay: millis(33), RunnableBefore: 31, RunnableAfter: 22, Waiting: 96.8, Switches: 39}), CauseRunqueue},
	{"the same, the neighbours take more than two thirds", seen(Evidence{Lag: millis(442), CPU: millis(248), RunDelay: millis(958), LongestRunDelay: millis(350), RunnableBefore: 36, RunnableAfter: 33, Waiting: 18.8}), CauseHostContention},
	{"16 spinners begin among requests, the neighbours take half", seen(Evidence{Lag: millis(196), CPU: millis(172), RunDelay: millis(289), LongestRunDelay: millis(74), RunnableAfter: 22, Waiting: 19.6, Switches: 29}), CauseRunqueue},
	{"16 spinners begin among requests, hardly anybody was looked at", seen(Evidence{Lag: millis(157), CPU: millis(310), RunnableAfter: 32, Waiting: 18.4}), CauseUnknown},
	{"what was usual before exceeds what the process did", seen(Evidence{Lag: millis(154), mostCPU: millis(500), RunDelay: millis(117), LongestRunDelay: millis(42), mostRunDelay: millis(42), RunnableAfter: 19}), CauseUnknown},
	{"the same, others ran before the stall or in it", seen(Evidence{Lag: millis(105), CPU: millis(200), mostCPU: millis(245), mostSwitches: 40, RunnableAfter: 1}), CauseUnknown},
	{"a queue in a process that hardly runs", seen(Evidence{Lag: millis(278), CPU: millis(2), RunDelay: millis(620), LongestRunDelay: millis(160), RunnableBefore: 2, RunnableAfter: 3}), CauseHostContention},
	{"neighbours, two hogs, threads wait in turns", seen(Evidence{Lag: millis(328), CPU: millis(30), RunDelay: millis(392), LongestRunDelay: millis(211), Steal: millis(17), RunnableBefore: 1, RunnableAfter: 1}), CauseHostContention},
	{"nothing moved enough", seen(Evidence{Lag: millis(60), CPU: millis(50), RunDelay: millis(20), LongestRunDelay: millis(20), MutexWait: time.Hour}), CauseUnknown},
	{"half of the processors, nobody waits", seen(Evidence{Lag: millis(60), CPU: millis(60)}), CauseUnknown},
	{"another system: CPU and waits are not known", withoutCPU(seen(Evidence{Lag: millis(60)})), CauseUnknown},
	{"another system, the world was stopped", withoutCPU(seen(Evidence{Lag: millis(60), Stopped: millis(58)})), CauseSTW},
	{"no lag", seen(Evidence{CPU: millis(1), RunnableBefore: 9, RunnableAfter: 9}), CauseUnknown},
	{"nothing", Evidence{}, CauseUnknown},
}

func TestClassify(t *testing.T) {
	for _, c := range classified {
		t.Run(c.name, func(t *testing.T) {
			if got := classify(c.e); got != c.want {
				t.Errorf("%s, want %s, from %v", got, c.want, c.e)
			}
		})
	}
}

func TestCausesHaveWords(t *testing.T) {
	causes := Causes()
	if len(causes) != 9 || causes[8] != CauseUnknown || !slices.Contains(causes, CauseNonpreemptible) {
		t.Errorf("causes are %v, want nine of which the last is unknown", causes)
	}
	said := map[string]Cause{}
	for _, c := range causes {
		for _, words := range []string{c.Sentence(), c.Advice()} {
			if len(words) < 20 || !strings.HasSuffix(words, ".") {
				t.Errorf("%s says %q, want a sentence", c, words)
			}
		}
		if other, dup := said[c.Sentence()]; dup {
			t.Errorf("%s and %s say the same", c, other)
		}
		said[c.Sentence()] = c
	}
	if Cause("made up").Sentence() != CauseUnknown.Sentence() {
		t.Error("a word that is no cause has other words than unknown")
	}
}

func TestEvidenceSaysWhatIsThere(t *testing.T) {
	e := seen(Evidence{Lag: millis(71), CPU: millis(10), ThrottledPeriods: 2, Throttled: millis(130), MajorFaults: 1, MutexWait: millis(0.2), Unread: []string{"steal (no /proc)"}})
	text := e.String()
	for _, want := range []string{"lag 71ms", "CPU 10ms", "throttled 130ms in 2 periods", ", 1 major fault,", "not read: steal (no /proc)"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	if strings.Contains(text, "lock") || strings.Contains(text, "stopped") {
		t.Errorf("%q tells of what did not happen", text)
	}
}

// FuzzClassify: figures of any size give one of the causes; all rules are about
// ratios, so twice the figures give the same one; what was not read proves nothing.
func FuzzClassify(f *testing.F) {
	f.Add(int64(71e6), int64(10e6), int64(130e6), int64(214e6), int64(69e6), int64(0), int64(0), 0.0, uint64(1), uint64(8), byte(3))
	f.Add(int64(192e6), int64(0), int64(0), int64(12e6), int64(4e6), int64(0), int64(0), 0.0, uint64(0), uint64(0), byte(7))
	f.Add(int64(39e6), int64(80e6), int64(0), int64(0), int64(0), int64(1e6), int64(0), 0.9, uint64(2), uint64(64), byte(3))
	f.Fuzz(func(t *testing.T, lag, cpu, throttled, delay, longest, stopped, stopping int64, share float64, runnable, switches uint64, flags byte) {
		at := func(scale int64) Evidence {
			d := func(n int64) time.Duration { return time.Duration(n % (1 << 50) * 2 * scale) }
			return Evidence{
				Lag: d(lag), CPU: d(cpu), Throttled: d(throttled), ThrottledPeriods: uint64(flags >> 2 & 1), RunDelay: d(delay), LongestRunDelay: d(longest),
				Stopped: d(stopped), Stopping: d(stopping), GCShare: share, GCOverlap: share, RunnableBefore: runnable, RunnableAfter: runnable,
				mostCPU: d(cpu), mostRunDelay: d(longest), mostSwitches: switches,
				Switches: switches, Waiting: math.Abs(share) * 8, Procs: int(flags >> 4), Cores: int(flags >> 5),
				hasCPU: flags&1 != 0, hasRunDelay: flags&2 != 0,
			}
		}
		e := at(1)
		cause := classify(e)
		switch {
		case !slices.Contains(Causes(), cause):
			t.Errorf("%q is no cause", cause)
		case e.Lag <= 0 && cause != CauseUnknown:
			t.Errorf("%s without lag", cause)
		case !e.hasCPU && (cause == CauseFrozen || cause == CauseNonpreemptible):
			t.Errorf("%s without knowing the CPU time", cause)
		case e.Lag > 0 && e.ThrottledPeriods > 0 && e.Throttled >= e.Lag && cause != CauseThrottled:
			t.Errorf("%s although it was throttled all the time", cause)
		}
		if twice := classify(at(2)); twice != cause && e.Lag%8 == 0 {
			t.Errorf("%s, but twice the figures give %s: %v", cause, twice, e)
		}
		_ = e.String()
	})
}
