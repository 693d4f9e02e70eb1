package heap

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// tooEarly says what is missing.
func (s *Sizer) tooEarly(a Advice) string {
	if s.marked == nil {
		return "Nothing is known of sizes: make the Sizer with NewSizer."
	}
	said := fmt.Sprintf("Too early for sizes: %s and %s were seen; it takes %s and %d.",
		text.Duration(a.Observed), text.Count(toInt(a.Cycles), "collection"),
		text.Duration(s.config.minAge()), s.config.minCycles())
	if s.refused > 0 {
		said += fmt.Sprintf(" %s made no sense.", text.Count(toInt(s.refused), "reading"))
	}
	return said
}

func toInt(n uint64) int { return int(min(n, math.MaxInt32)) }

// summary is the verdict with its figures and what follows from it.
func summary(a Advice, j judgement) string {
	parts := []string{memoryVerdict(a, j), cpuVerdict(a.CPU), a.followsGrowth()}
	if a.CPU.Verdict == VerdictTooSmall && j.verdict != VerdictTooSmall { // what is wrong comes first
		parts[0], parts[1] = parts[1], parts[0]
	}
	said := make([]string, 0, len(parts))
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, " ")
}

func memoryVerdict(a Advice, j judgement) string {
	size := a.Memory
	switch j.reason {
	case reasonNoRoom, reasonPressed:
		if size.TodayGOMEMLIMIT > 0 && size.TodayLimit >= size.Limit { // the kernel's limit is not what is too small
			return fmt.Sprintf("%s %s but GOMEMLIMIT is %s%s. Raise it to %s; the kernel's limit of %s is enough.",
				a.blame("the limit is too small"), a.liveNow(), text.Bytes(size.TodayGOMEMLIMIT), a.gcNow(),
				mebibytes(size.GOMEMLIMIT), text.Bytes(size.TodayLimit))
		}
		return fmt.Sprintf("%s %s but the limit is %s%s. Raise the limit to %s.",
			a.blame("the limit is too small"), a.liveNow(), size.limitNow(), a.gcNow(), text.Bytes(size.Limit))
	case reasonUnguarded:
		return fmt.Sprintf("%s %s, and before it is collected the heap may grow past the kernel's limit of %s: GOMEMLIMIT is %s. %s",
			a.blame("the limit is too small"), a.liveNow(), text.Bytes(size.TodayLimit), known(size.TodayGOMEMLIMIT, "not set"), a.guard(j.guard))
	case reasonLowRequest:
		return fmt.Sprintf("The memory request of %s is too small: half of the hours need more. Request %s.",
			text.Bytes(size.TodayRequest), text.Bytes(size.Request))
	case reasonSpare:
		return fmt.Sprintf("More memory is reserved than needed: %s. A request of %s and a limit of %s hold all peaks%s.",
			size.reserved(), text.Bytes(size.Request), text.Bytes(size.Limit), a.caution())
	case reasonNoLimit:
		return fmt.Sprintf("No memory limit is known. A request of %s and a limit of %s would fit.",
			text.Bytes(size.Request), text.Bytes(size.Limit))
	}
	return fmt.Sprintf("Memory fits: %s; the advice is a request of %s and a limit of %s.",
		size.reserved(), text.Bytes(size.Request), text.Bytes(size.Limit))
}

// blame is what a limit that is too small must not be taken for.
func (a Advice) blame(what string) string {
	if a.Growth == finding.OK {
		return "Not a leak, " + what + ":"
	}
	return strings.ToUpper(what[:1]) + what[1:] + ":"
}

func (a Advice) liveNow() string {
	flat := "is"
	if a.Growth == finding.OK {
		flat = "is flat at"
	}
	return "live memory " + flat + " " + text.Bytes(a.Live)
}

func (a Advice) gcNow() string {
	if a.GCShare == 0 {
		return ""
	}
	return "; GC uses " + percent(a.GCShare) + " of the CPU"
}

// guard is the way out where nothing keeps the heap below the kernel's limit: a
// lower GOMEMLIMIT, if that is affordable, or a higher limit.
func (a Advice) guard(goMemLimit uint64) string {
	for _, price := range a.GCPrices {
		if price.Limit == a.Memory.TodayLimit {
			return fmt.Sprintf("Set GOMEMLIMIT=%s, with which GC would use %s of the CPU, or raise the limit to %s.",
				mebibytes(goMemLimit), percent(price.CPUShare), text.Bytes(a.Memory.Limit))
		}
	}
	return fmt.Sprintf("Raise the limit to %s and set GOMEMLIMIT=%s.", text.Bytes(a.Memory.Limit), mebibytes(a.Memory.GOMEMLIMIT))
}

// change is the advice in one line.
func (a Advice) change() string {
	said := fmt.Sprintf("Memory: request %s, limit %s, GOMEMLIMIT=%s.",
		quantity(a.Memory.Request), quantity(a.Memory.Limit), mebibytes(a.Memory.GOMEMLIMIT))
	if c := a.CPU; c.Request > 0 {
		said += " CPU: request " + millicores(c.Request)
		if c.Verdict == VerdictTooSmall && c.TodayQuota > 0 && c.Sufficient > c.TodayQuota {
			said += ", limit " + millicores(c.Sufficient)
		}
		said += "."
	}
	return said
}

// caution is for those who are about to give memory back.
func (a Advice) caution() string {
	if a.Observed < 24*time.Hour {
		return " of the last " + text.Duration(a.Observed) + ", which is less than a day: wait for the daily peak"
	}
	return " of the last days"
}

// followsGrowth warns where live memory grows.
func (a Advice) followsGrowth() string {
	switch a.Growth {
	case finding.Growing, finding.Suspect, finding.Leaking:
		return fmt.Sprintf("Live memory grows (%v): these sizes follow it up. Find what grows before raising a limit.", a.Growth)
	}
	return ""
}

func cpuVerdict(size CPUSize) string {
	switch {
	case size.Verdict == VerdictTooSmall && size.bursts():
		return fmt.Sprintf("CPU was throttled in %s of periods by bursts: over a second the quota of %s is enough. Set GOMAXPROCS to what the quota is worth, or drop the quota.",
			percent(size.ThrottledShare), millicores(size.TodayQuota))
	case size.Verdict == VerdictTooSmall && size.ThrottledShare >= throttledTooMuch:
		return fmt.Sprintf("CPU was throttled in %s of periods: %s would have sufficed.",
			percent(size.ThrottledShare), orQuota(size))
	case size.Verdict == VerdictTooSmall:
		return fmt.Sprintf("The CPU request of %s is too small: request %s.", millicores(size.TodayRequest), millicores(size.Request))
	case size.Verdict == VerdictTooLarge:
		return fmt.Sprintf("The CPU request of %s is more than needed: request %s.", millicores(size.TodayRequest), millicores(size.Request))
	}
	return ""
}

// bursts reports whether the quota holds the process back though it uses less over a
// second: many processors spend it in a part of its period of 100 ms.
func (c CPUSize) bursts() bool {
	return c.TodayQuota > 0 && c.ThrottledShare >= throttledTooMuch && c.Sufficient <= c.TodayQuota
}

func orQuota(size CPUSize) string {
	if size.TodayQuota > 0 {
		return fmt.Sprintf("instead of %s a quota of %s", millicores(size.TodayQuota), millicores(size.Sufficient))
	}
	return "a quota of " + millicores(size.Sufficient)
}

// limitNow is the limit that is set, and GOMEMLIMIT besides.
func (m MemorySize) limitNow() string {
	switch {
	case m.TodayLimit == 0:
		return text.Bytes(m.TodayGOMEMLIMIT) + " (GOMEMLIMIT)"
	case m.TodayGOMEMLIMIT == 0:
		return text.Bytes(m.TodayLimit)
	}
	return text.Bytes(m.TodayLimit) + " (GOMEMLIMIT " + text.Bytes(m.TodayGOMEMLIMIT) + ")"
}

// reserved lists what is set, as far as it is known.
func (m MemorySize) reserved() string {
	var set []string
	if m.TodayRequest > 0 {
		set = append(set, "the request is "+text.Bytes(m.TodayRequest))
	}
	if m.TodayLimit > 0 || m.TodayGOMEMLIMIT > 0 {
		set = append(set, "the limit is "+m.limitNow())
	}
	return strings.Join(set, " and ")
}

// percent writes one or two digits: forecasts are not better than that.
func percent(share float64) string {
	switch {
	case share == 0:
		return "0 %"
	case share < 0.001:
		return "less than 0.1 %"
	case share < 0.095:
		return strconv.FormatFloat(100*share, 'g', 1, 64) + " %"
	}
	return strconv.FormatFloat(100*share, 'f', 0, 64) + " %"
}

// millicores writes cores as Kubernetes does: "250m", "2".
func millicores(cores float64) string {
	if m := math.Round(cores * 1000); math.Mod(m, 1000) != 0 {
		return strconv.FormatFloat(m, 'f', 0, 64) + "m"
	}
	return strconv.FormatFloat(math.Round(cores), 'f', 0, 64)
}

// mebibytes writes a size as Kubernetes and GOMEMLIMIT take it, but for the
// latter's "B".
func mebibytes(n uint64) string { return strconv.FormatUint(n>>20, 10) + "MiB" }
