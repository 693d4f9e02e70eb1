package heap

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// tooSmallShare is the share of the lowest limit above which live memory alone
// leaves the collector no room: at GOGC=100 the heap wants to reach twice its
// live size before it collects.
const tooSmallShare = 0.9

// Findings implements [finding.Source]. It says what needs no history: a limit
// that is nearly used up, a collector that cannot keep up, finalizers that are
// stuck, profiles that eat the limit, a limit that the runtime does not know of
// or that could not be read. Whether memory grows is not judged here.
func (m *Monitor) Findings() []finding.Finding {
	snapshot := m.Snapshot()
	var findings []finding.Finding
	looks := []func(Snapshot) (finding.Finding, bool){
		limiterOn, nearLimit, finalizersStuck, cleanupsStuck, profilerLarge, limitUnknownToGo,
	}
	for _, look := range looks {
		if f, found := look(snapshot); found {
			findings = append(findings, f)
		}
	}
	if snapshot.unread != nil {
		findings = append(findings, kernelUnread(snapshot.unread))
	}
	return findings
}

// limiterOn reports a collector that ran into its own limit on CPU in the
// present cycle or the one before.
func limiterOn(s Snapshot) (finding.Finding, bool) {
	if !s.LimiterOn() {
		return finding.Finding{}, false
	}
	return finding.Finding{
		Signal: "heap", State: finding.TooSmall, Cause: "gc_cpu_limiter", Since: s.LastCycle,
		Summary: fmt.Sprintf("The garbage collector cannot keep up: at cycle %d it hit its own limit of half the CPU. Live memory is %s.",
			s.LimiterCycle, text.Bytes(s.Live)),
		Advice: "Raise the memory limit, or find what fills the heap: go tool pprof http://HOST/debug/heap.",
		How:    []string{"/gc/limiter/last-enabled:gc-cycle is the present cycle or the one before"},
	}, true
}

// causeLimit is the cause of nearLimit, causeSize that of Advice.Finding.
const (
	causeLimit = "limit"
	causeSize  = "size"
)

// nearLimit reports live memory that leaves no room below the lowest limit.
func nearLimit(s Snapshot) (finding.Finding, bool) {
	limit, ok := s.Limit()
	share, known := s.LiveShare(limit)
	if !ok || !known || share < tooSmallShare {
		return finding.Finding{}, false
	}
	return finding.Finding{
		Signal: "heap", State: finding.TooSmall, Cause: causeLimit,
		Summary: fmt.Sprintf("Live memory of %s is %.0f %% of the limit of %s (%s): the next peak ends the process or keeps the collector busy.",
			text.Bytes(s.Live), 100*share, text.Bytes(limit.Bytes), limit.Source),
		Advice: fmt.Sprintf("Raise the limit to at least %s, twice the live memory, or find what fills the heap: go tool pprof http://HOST/debug/heap.",
			text.Bytes(2*s.Live)),
		How: []string{fmt.Sprintf("live is at least %.0f %% of the lowest limit; whether it grows is judged apart", 100*tooSmallShare)},
	}, true
}

// addTo adds the finding of an advice to others. Where memory is too small it
// takes the place of nearLimit, which says so with a rougher figure.
func (a Advice) addTo(findings []finding.Finding) []finding.Finding {
	f, acts := a.Finding()
	if !acts {
		return findings
	}
	return append(slices.DeleteFunc(findings, func(other finding.Finding) bool {
		isLimit := other.Signal == "heap" && other.Cause == causeLimit
		return isLimit && a.Memory.Verdict == VerdictTooSmall || other.Signal == f.Signal && other.Cause == causeSize
	}), f)
}

// growthOf is the verdict on live memory of whoever judges whether it grows:
// nearLimit and the like do not.
func growthOf(findings []finding.Finding) finding.State {
	var judged []finding.Finding
	for _, f := range findings {
		switch f.State {
		case finding.OK, finding.TooEarly, finding.Growing, finding.Suspect, finding.Leaking:
			if f.Signal == "heap" {
				judged = append(judged, f)
			}
		}
	}
	return finding.Worst(judged)
}

// limitUnknownToGo reports a kernel limit below what the runtime knows of.
func limitUnknownToGo(s Snapshot) (finding.Finding, bool) {
	limit, ok := s.Limit()
	if !ok || limit.Source != SourceCgroup {
		return finding.Finding{}, false
	}
	known := "GOMEMLIMIT is not set"
	if s.MemoryLimit > 0 {
		known = "GOMEMLIMIT is " + text.Bytes(s.MemoryLimit)
	}
	return finding.Finding{
		Signal: "setup", State: finding.OK, Cause: "gomemlimit",
		Summary: fmt.Sprintf("The kernel kills this process at %s, but %s: the collector may let garbage grow past the limit.",
			text.Bytes(limit.Bytes), known),
		Advice: fmt.Sprintf("Set GOMEMLIMIT=%dMiB (90 %% of the limit).", limit.Bytes/10*9>>20),
		How:    []string{"read from " + limit.File},
	}, true
}

// kernelUnread reports files of the kernel that are there and cannot be read or
// understood.
func kernelUnread(problem error) finding.Finding {
	remedy := "make /proc/self and /sys/fs/cgroup readable"
	if errors.Is(problem, syscall.EMFILE) {
		remedy = "close descriptors, or raise the limit on them"
	}
	return finding.Finding{
		Signal: "setup", State: finding.Unknown, Cause: "cgroup",
		Summary: "What the kernel says about memory and its limit could not be read: " + oneLine(problem) + ".",
		Advice:  "Without it nothing can be said about when memory runs out; " + remedy + ".",
	}
}

// oneLine joins what errors.Join puts on lines of their own.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
