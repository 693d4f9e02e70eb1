package decay

import (
	"fmt"
	"time"
)

// Peaks is a Histogram of the highest value of each interval. It is not safe
// for concurrent use.
type Peaks struct {
	histogram *Histogram
	interval  time.Duration
	began     time.Time // of the interval that is running
	peak      float64   // of that interval
	running   bool
}

// NewPeaks returns an empty Peaks. It panics if config is not valid or interval
// is not above 0.
func NewPeaks(config Config, interval time.Duration) *Peaks {
	if interval <= 0 {
		panic(fmt.Errorf("decay: interval is %v: use a duration above 0", interval))
	}
	return &Peaks{histogram: New(config), interval: interval}
}

// Add takes a value at a time. It reports false and counts nothing if value is
// negative, not a number or too great.
func (p *Peaks) Add(at time.Time, value float64) bool {
	if !(value >= 0 && value <= p.histogram.config.Most) {
		return false
	}
	if p.running && !at.Before(p.began.Add(p.interval)) {
		p.histogram.Add(p.began.Add(p.interval), p.peak, 1)
		p.running = false
	}
	if !p.running {
		p.began, p.peak, p.running = at, value, true
	}
	p.peak = max(p.peak, value)
	p.histogram.advance(at)
	return true
}

// Quantile returns the peak that the share q of the intervals does not exceed.
// The interval that is running counts as a whole one, so that the first minutes
// have an answer too. It reports false before the first value.
func (p *Peaks) Quantile(q float64) (peak float64, ok bool) {
	p.withRunning(func(h *Histogram) { peak, ok = h.Quantile(q) })
	return peak, ok
}

// Max returns the highest peak of at least the given number of half-lives.
func (p *Peaks) Max(halfLives float64) (peak float64, ok bool) {
	p.withRunning(func(h *Histogram) { peak, ok = h.Max(halfLives) })
	return peak, ok
}

// withRunning shows the histogram with the interval that is running.
func (p *Peaks) withRunning(look func(*Histogram)) {
	h := p.histogram
	if p.running {
		weight := &h.weights[h.bucket(p.peak)]
		defer func(before float64) { *weight = before }(*weight)
		*weight += h.unit()
	}
	look(h)
}
