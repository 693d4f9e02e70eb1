package heap

import (
	"time"

	"github.com/govitals/govitals/finding"
)

// Verdict says how today's sizes compare with the advice.
type Verdict string

// The verdicts. They never change: other programs read them.
const (
	// VerdictUnknown: no limit is known to compare with, or no figures.
	VerdictUnknown Verdict = "unknown"
	// VerdictTooEarly: not enough has been seen for any figure.
	VerdictTooEarly Verdict = "too_early"
	// VerdictOK: today's sizes fit.
	VerdictOK Verdict = "ok"
	// VerdictTooSmall: the limit, the quota or the request is too low for the
	// work.
	VerdictTooSmall Verdict = "too_small"
	// VerdictTooLarge: much is reserved that was not needed.
	VerdictTooLarge Verdict = "too_large"
)

// State is the verdict as a finding has it. There is no state for too large:
// nothing is wrong with the process.
func (v Verdict) State() finding.State {
	switch v {
	case VerdictTooEarly:
		return finding.TooEarly
	case VerdictOK, VerdictTooLarge:
		return finding.OK
	case VerdictTooSmall:
		return finding.TooSmall
	}
	return finding.Unknown
}

// Advice is what a process should ask for. Figures that are not known are 0.
type Advice struct {
	// Verdict is the worse of those on memory and CPU.
	Verdict Verdict `json:"verdict"`
	// Summary is the verdict in a few sentences with its figures.
	Summary string `json:"summary"`
	// Observed is how long was looked at, and Cycles how many garbage
	// collections ended in that time. Below a day the daily peak may be missing.
	Observed time.Duration `json:"observed"`
	// Cycles: see Observed.
	Cycles uint64 `json:"cycles"`
	// Growth is what was said about live memory by whoever judges growth.
	// Sizes follow a leak up.
	Growth finding.State `json:"growth"`
	// Live is the average live memory, in bytes: what collections marked.
	Live uint64 `json:"live,omitzero"`
	// GOGC is the setting that the advice reckons with: today's, or 100 while
	// it is off.
	GOGC int `json:"gogc,omitzero"`
	// Memory is the advice about memory.
	Memory MemorySize `json:"memory,omitzero"`
	// CPU is the advice about CPU.
	CPU CPUSize `json:"cpu,omitzero"`
	// GCShare is the part, 0 to 1, of the CPU that the program may use
	// (GOMAXPROCS) that the collector takes today. Like GCLoad.CPUPerCycle it
	// is too high where the kernel makes the process wait.
	GCShare float64 `json:"gc_share,omitzero"`
	// GCLoad is what GCPrices are reckoned from.
	GCLoad GCLoad `json:"gc_load,omitzero"`
	// GCPrices are what collections would cost under other limits, the lowest
	// limit first. Limits for which there is no forecast are left out.
	GCPrices []GCPrice `json:"gc_prices,omitzero"`
}

// MemorySize is the advice about memory, in bytes.
type MemorySize struct {
	// Verdict compares it with today.
	Verdict Verdict `json:"verdict"`
	// Request is what nine of ten hours need, with a margin of 15 %.
	Request uint64 `json:"request,omitzero"`
	// Low and High are the same for half of the hours and for 19 of 20: a
	// request between them needs no change.
	Low  uint64 `json:"low,omitzero"`
	High uint64 `json:"high,omitzero"`
	// Limit is what the highest peak of the last eight days needs, with the
	// same margin. It is never below Request.
	Limit uint64 `json:"limit,omitzero"`
	// GOMEMLIMIT goes with Limit: 90 % of it, or less where memory that the Go
	// runtime does not see takes more than the rest.
	GOMEMLIMIT uint64 `json:"gomemlimit,omitzero"`
	// TodayRequest, TodayLimit (of the control group) and TodayGOMEMLIMIT are
	// what is set now.
	TodayRequest    uint64 `json:"today_request,omitzero"`
	TodayLimit      uint64 `json:"today_limit,omitzero"`
	TodayGOMEMLIMIT uint64 `json:"today_gomemlimit,omitzero"`
	// Saves is how much less the advice reserves than today: by request where
	// that is known, else by limit. Negative: it needs more.
	Saves int64 `json:"saves,omitzero"`
}

// CPUSize is the advice about CPU, in cores.
type CPUSize struct {
	// Verdict compares it with today.
	Verdict Verdict `json:"verdict"`
	// Request is what was used in nine of ten seconds, with a margin of 15 %.
	// What the collector used is part of it: with another memory limit it can
	// be less, see GCPrices.
	Request float64 `json:"request,omitzero"`
	// Low and High are the same for half of the seconds and for 19 of 20.
	Low  float64 `json:"low,omitzero"`
	High float64 `json:"high,omitzero"`
	// Sufficient is the quota that would have sufficed in 99 of 100 seconds,
	// with the same margin; no less than TodayQuota where that throttles bursts
	// within a second. Whether to set one at all is a choice: a request
	// alone keeps the share when others are busy, and a quota makes requests
	// wait even while processors are idle.
	Sufficient float64 `json:"sufficient,omitzero"`
	// TodayRequest and TodayQuota are what is set now.
	TodayRequest float64 `json:"today_request,omitzero"`
	TodayQuota   float64 `json:"today_quota,omitzero"`
	// ThrottledShare is the share, 0 to 1, of the quota's periods in which the
	// process was held back.
	ThrottledShare float64 `json:"throttled_share,omitzero"`
	// Saves is how much less the advice requests than today, where that is
	// known. Negative: it needs more.
	Saves float64 `json:"saves,omitzero"`
}

// RightSize advises on the memory and CPU that the process should request and
// be limited to, from what s has gathered. growth is the verdict of whoever
// judges whether live memory grows; finding.Unknown if nobody does. RightSize
// does not judge that: while live memory grows, the sizes follow it up, and the
// advice says so.
//
// Memory is reckoned as
//
//	max(live × (1 + GOGC/100), 4 MiB × GOGC/100) + stacks + runtime + profiler + off-heap
//
// each taken from its own peaks, which count half after a day, plus 15 %. Before
// SizerConfig.MinAge and MinCycles it says that it is too early and gives no
// figures.
func RightSize(s *Sizer, growth finding.State) Advice {
	if s == nil {
		return Advice{Verdict: VerdictUnknown, Growth: growth, Summary: "No sizes are known: nothing gathers them."}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := Advice{Verdict: VerdictTooEarly, Growth: growth, Observed: s.clock.Sub(s.first), Cycles: s.cycles}
	if a.Observed < s.config.minAge() || a.Cycles < s.config.minCycles() {
		a.Summary = s.tooEarly(a)
		return a
	}
	n := s.needs()
	a.GOGC, a.GCLoad, a.GCShare = n.gogc, s.gc.load(), s.gc.share()
	a.Live = toBytes(a.GCLoad.Live)
	a.Memory = n.size(s.config, s.last)
	a.CPU = s.cpu.advise(s.config, s.last)
	a.GCPrices = n.prices(a.GCLoad, a.Memory)
	j := judge(a, n)
	a.Memory.Verdict, a.Verdict = j.verdict, worseVerdict(j.verdict, a.CPU.Verdict)
	a.Summary = summary(a, j)
	return a
}

// worseVerdict is that on memory unless only CPU calls for a change.
func worseVerdict(memory, cpu Verdict) Verdict {
	for _, v := range []Verdict{VerdictTooSmall, VerdictTooLarge} {
		if memory == v || cpu == v {
			return v
		}
	}
	return memory
}

// Finding is the advice as a finding, and false if there is nothing to act on.
func (a Advice) Finding() (finding.Finding, bool) {
	if a.Verdict != VerdictTooSmall && a.Verdict != VerdictTooLarge {
		return finding.Finding{}, false
	}
	return finding.Finding{
		Signal: "setup", State: a.Verdict.State(), Cause: "size", Summary: a.Summary, Advice: a.change(),
		How: []string{a.basis()},
	}, true
}
