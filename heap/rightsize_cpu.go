package heap

import (
	"time"

	"github.com/govitals/govitals/internal/decay"
)

// cpuUse is how much CPU was used and how much would have been.
type cpuUse struct {
	used *decay.Histogram
	// wanted is used plus the time that the quota held back: what would have
	// been used in the same second without it. That is an upper bound, since
	// work that was held back is counted when it is done, too.
	wanted *decay.Histogram

	before    sizingSample
	beforeAt  time.Time
	periods   float64
	throttled float64
}

func newCPUUse() cpuUse {
	cores := decay.Config{Least: leastCore, Most: maxCores, Ratio: sizingRatio, HalfLife: sizingHalfLife}
	return cpuUse{used: decay.New(cores), wanted: decay.New(cores)}
}

// add takes a reading at the time of the Sizer's clock.
func (c *cpuUse) add(clock time.Time, x sizingSample) {
	length := clock.Sub(c.beforeAt)
	goesOn := x.UsedByGroup == c.before.UsedByGroup && x.UsedCPUSeconds >= c.before.UsedCPUSeconds
	if goesOn && length < cpuWindow {
		return
	}
	used := risen(c.before.UsedCPUSeconds, x.UsedCPUSeconds)
	if goesOn && c.before.UsedCPUSeconds > 0 && used >= 0 {
		c.count(clock, length, used, x)
	}
	c.before, c.beforeAt = x, clock
}

// count counts a window, each second with the same weight.
func (c *cpuUse) count(clock time.Time, length time.Duration, used float64, x sizingSample) {
	seconds, held := length.Seconds(), 0.0
	if !c.used.Add(clock, used/seconds, seconds) {
		return
	}
	if c.before.Periods > 0 && x.Periods >= c.before.Periods && x.ThrottledPeriods >= c.before.ThrottledPeriods {
		periods := float64(x.Periods - c.before.Periods)
		c.periods += periods
		c.throttled += min(periods, float64(x.ThrottledPeriods-c.before.ThrottledPeriods))
		held = max(0, risen(c.before.ThrottledSeconds, x.ThrottledSeconds))
	}
	c.wanted.Add(clock, min((used+held)/seconds, maxCores), seconds)
}

// share is the share of periods that were throttled, 0 without a quota.
func (c *cpuUse) share() float64 { return min(1, quotient(c.throttled, c.periods)) }

const (
	// throttledTooMuch is the share of periods above which a quota is too small:
	// each such period makes a request wait for up to 100 ms.
	throttledTooMuch = 0.05
	// leastPeriods is a minute of them, as a share of fewer says little.
	leastPeriods = 600
)

// advise fills the advice about CPU.
func (c *cpuUse) advise(config SizerConfig, now sizingSample) CPUSize {
	size := CPUSize{Verdict: VerdictUnknown, TodayRequest: config.RequestCores, TodayQuota: quotaOf(now)}
	size.ThrottledShare = c.share()
	if _, measured := c.used.Quantile(1); !measured {
		return size
	}
	quantile := func(h *decay.Histogram, q float64) float64 {
		value, _ := h.Quantile(q)
		return roundCores(value * (1 + sizingMargin))
	}
	size.Low, size.Request, size.High = quantile(c.used, 0.5), quantile(c.used, 0.9), quantile(c.used, 0.95)
	size.Sufficient = max(quantile(c.wanted, 0.99), size.Request)
	if size.bursts() {
		size.Sufficient = size.TodayQuota // a lower one would hold it back more
	}
	if size.TodayRequest > 0 {
		size.Saves = size.TodayRequest - size.Request
	}
	size.Verdict = c.judge(size)
	return size
}

func quotaOf(x sizingSample) float64 {
	if isFigure(x.CPUQuota) && x.CPUQuota <= maxCores {
		return x.CPUQuota
	}
	return 0
}

func (c *cpuUse) judge(size CPUSize) Verdict {
	switch {
	case c.periods >= leastPeriods && size.ThrottledShare >= throttledTooMuch:
		return VerdictTooSmall
	case size.TodayRequest > 0 && size.TodayRequest*(1+sizingMargin) < size.Low:
		return VerdictTooSmall
	case size.TodayRequest >= tooLargeFactor*size.Request && size.Saves >= leastCoresSaved:
		return VerdictTooLarge
	}
	return VerdictOK
}
