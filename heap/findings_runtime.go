package heap

import (
	"fmt"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// finalizersStuck and cleanupsStuck report functions of which none is finished
// while more become due. The state is Stopped, because that is what is seen:
// work that should be done is not being done. It is no growth verdict. What
// leaks by it shows elsewhere, and one blocked function holds up all others.
func finalizersStuck(s Snapshot) (finding.Finding, bool) {
	return s.queueStuck(s.finalizers, "finalizers", "runtime.SetFinalizer", "runtime.runFinalizers")
}

func cleanupsStuck(s Snapshot) (finding.Finding, bool) {
	return s.queueStuck(s.cleanups, "cleanups", "runtime.AddCleanup", "runtime.runCleanups")
}

func (s Snapshot) queueStuck(w queueWatch, what, setBy, runBy string) (finding.Finding, bool) {
	if !w.stuck(s.At) {
		return finding.Finding{}, false
	}
	return finding.Finding{
		Signal: "heap", State: finding.Stopped, Cause: what, Since: w.since,
		Summary: fmt.Sprintf("No %s have finished for %s and %s are waiting: what they should free leaks.",
			what, text.Duration(s.At.Sub(w.since)), text.Figure(float64(w.backlog), "{function}")),
		Advice: fmt.Sprintf("One function given to %s blocks: find it below %s in a goroutine profile, and let it hand its work to a goroutine.", setBy, runBy),
		How: []string{fmt.Sprintf("the runtime has counted no further %s as executed for at least %s, and the backlog rose at least %d times; it counts them in batches",
			what, text.Duration(stuckFor), stuckGrew)},
	}, true
}

// The profiler's memory is reported where it is both large and a large part of
// the limit.
const (
	profilerShare = 0.1
	profilerBytes = 64 << 20
)

// profilerLarge reports profiles that have taken a good part of the limit, as in
// golang/go#69590, where they took 2 of 3 GiB. The state is Exploded: there is a
// bucket for each distinct stack, a number that should be bounded and is not.
func profilerLarge(s Snapshot) (finding.Finding, bool) {
	limit, ok := s.Limit()
	used := float64(s.ProfilerBuckets) / float64(limit.Bytes)
	if !ok || used <= profilerShare || s.ProfilerBuckets <= profilerBytes {
		return finding.Finding{}, false
	}
	return finding.Finding{
		Signal: "heap", State: finding.Exploded, Cause: "profiler_buckets",
		Summary: fmt.Sprintf("The runtime's own profiles hold %s, %.0f %% of the limit of %s (%s), and never give it back.",
			text.Bytes(s.ProfilerBuckets), 100*used, text.Bytes(limit.Bytes), limit.Source),
		Advice: "Distinct stacks explode: look for deep recursion, switch off mutex and block profiles, or set runtime.MemProfileRate to 0 first thing in main. Restart to get the memory back.",
		How:    []string{fmt.Sprintf("/memory/classes/profiling/buckets:bytes is above %s and above %.0f %% of the lowest limit", text.Bytes(profilerBytes), 100*profilerShare)},
	}, true
}
