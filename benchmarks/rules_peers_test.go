package benchmarks

import (
	"math"
	"testing"
	"time"
)

// rule says of one value after the other whether it raises the alarm.
type rule func(at time.Time, value float64) bool

// TestRulesSpeak plays a value a minute to each rule and asks when it speaks first.
func TestRulesSpeak(t *testing.T) {
	for _, test := range []struct {
		name string
		rule rule
		at   func(minute float64) float64
		want int // minute
	}{
		{"holmes", holmesRule(100), func(m float64) float64 { return 50 + 13*math.Floor(m/20) }, 20},
		{"holmes at 80 %", holmesRule(100), func(m float64) float64 { return 60 + m }, 21},
		{"deriv", derivRule(0), func(m float64) float64 { return 10.1e6 * 60 * m }, 1},
		{"predict_linear", predictRule(100), func(m float64) float64 { return 50 + m/60 }, 6*60 + 30},
		{"day minima", minimaRule(0), func(m float64) float64 { return 100 + 3*math.Floor(m/1440) }, 72 * 60},
		{"memwatch", memwatchRule(0), func(m float64) float64 { return max(m, 3) }, 8},
	} {
		said := -1
		for minute := 0; minute < 80*60 && said < 0; minute++ {
			if test.rule(time.Unix(int64(60*minute), 0), test.at(float64(minute))) {
				said = minute
			}
		}
		if said != test.want {
			t.Errorf("%s speaks in minute %d, want %d", test.name, said, test.want)
		}
	}
}

// holmesRule is that of holmes for memory, with the figures of its README,
// WithMemDump(30, 25, 80): more than 30 % of the limit and 25 % above the average of
// the ten values before, or more than 80 %.
func holmesRule(limit float64) rule {
	var ring []float64
	return func(_ time.Time, value float64) bool {
		before := ring
		ring = append(ring[max(0, len(ring)-9):], value)
		if len(before) < 10 || value <= 0.30*limit {
			return false
		}
		average := 0.0
		for _, v := range before {
			average += v / 10
		}
		return value > 1.25*average || value > 0.80*limit
	}
}

// derivRule is deriv(x[10m]) > 10 MB/s, of the collection awesome-prometheus-alerts.
func derivRule(float64) rule {
	w := window{length: 10 * time.Minute}
	return func(at time.Time, value float64) bool {
		w.add(at, value)
		slope, _ := w.line()
		return slope > 10e6
	}
}

// predictRule is predict_linear(x[6h], 3d) > limit for 30 minutes. It is spared what
// Prometheus does: it does not speak before it has six hours.
func predictRule(limit float64) rule {
	w := window{length: 6 * time.Hour}
	var begin time.Time
	pending := pending{wait: 30 * time.Minute}
	return func(at time.Time, value float64) bool {
		if begin.IsZero() {
			begin = at
		}
		w.add(at, value)
		slope, now := w.line()
		return pending.fires(at, at.Sub(begin) >= w.length && now+slope*(72*time.Hour).Seconds() > limit)
	}
}

// minimaRule says that the lowest value of a day has risen twice in succession, for
// an hour. Days end now and are counted in whole hours. In a rule for one service
// the least rise is in bytes; here services differ, and it is 2 % of the level.
func minimaRule(float64) rule {
	var hours []float64 // the lowest value of each
	var begin time.Time
	pending := pending{wait: time.Hour}
	return func(at time.Time, value float64) bool {
		if begin.IsZero() {
			begin = at
		}
		for len(hours) <= int(at.Sub(begin).Hours()) {
			hours = append(hours, math.Inf(1))
		}
		last := &hours[len(hours)-1]
		*last = min(*last, value)
		today, yesterday, before := lowestOfDay(hours, 0), lowestOfDay(hours, 1), lowestOfDay(hours, 2)
		return pending.fires(at, !math.IsInf(before, 1) && yesterday > 1.02*before && today > 1.02*yesterday)
	}
}

// lowestOfDay returns the lowest of 24 hours that ended some days ago, or +Inf.
func lowestOfDay(hours []float64, daysAgo int) float64 {
	end := max(0, len(hours)-24*daysAgo)
	lowest := math.Inf(1)
	for _, v := range hours[max(0, end-24):end] {
		lowest = min(lowest, v)
	}
	return lowest
}

// memwatchRule is that of memwatch for Node: the heap grew over five successive
// collections.
func memwatchRule(float64) rule {
	last, grown := math.Inf(1), 0
	return func(_ time.Time, value float64) bool {
		if grown++; value <= last {
			grown = 0
		}
		last = value
		return grown >= 5
	}
}

// pending is an alert with a time for which it must hold.
type pending struct {
	wait  time.Duration
	since time.Time // zero while it does not hold
}

func (p *pending) fires(at time.Time, holds bool) bool {
	switch {
	case !holds:
		p.since = time.Time{}
	case p.since.IsZero():
		p.since = at
	}
	return holds && at.Sub(p.since) >= p.wait
}

// window is a range of a series, as [10m] is in PromQL.
type window struct {
	length time.Duration
	at     []time.Time
	values []float64
}

func (w *window) add(at time.Time, value float64) {
	w.at, w.values = append(w.at, at), append(w.values, value)
	for at.Sub(w.at[0]) > w.length {
		w.at, w.values = w.at[1:], w.values[1:]
	}
}

// line returns the slope per second and the value at the end of the line of least
// squares, none for less than two points.
func (w *window) line() (slope, end float64) {
	n := float64(len(w.at))
	if n < 2 {
		return 0, math.Inf(-1)
	}
	last := w.at[len(w.at)-1]
	var sx, sy, sxx, sxy float64
	for i, at := range w.at {
		x, y := at.Sub(last).Seconds(), w.values[i]
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	slope = (n*sxy - sx*sy) / (n*sxx - sx*sx)
	return slope, (sy - slope*sx) / n
}
