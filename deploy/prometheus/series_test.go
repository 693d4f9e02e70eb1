package prometheus

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// What is made up here is in minutes, and in MB where it is memory.
const (
	day   = 24 * 60
	week  = 8 * day // so that the rules have a whole week behind their first day
	every = 5       // minutes between two samples
)

// curve gives the value of a minute; NaN stands for no sample.
type curve func(minute float64) float64

func (c curve) plus(others ...curve) curve {
	return func(minute float64) float64 {
		sum := c(minute)
		for _, other := range others {
			sum += other(minute)
		}
		return sum
	}
}

func flat(value float64) curve { return func(float64) float64 { return value } }

// sine is the traffic of a day.
func sine(amplitude float64) curve {
	return func(minute float64) float64 { return amplitude * math.Sin(2*math.Pi*minute/day) }
}

func noise(seed uint64, deviation float64) curve {
	random := rand.New(rand.NewPCG(seed, 1))
	return func(float64) float64 { return deviation * random.NormFloat64() }
}

func leak(perDay float64) curve {
	return func(minute float64) float64 { return perDay * minute / day }
}

func step(height, atDay float64) curve {
	return func(minute float64) float64 {
		if minute < atDay*day {
			return 0
		}
		return height
	}
}

// filling is a cache that is empty at the start and comes to its size.
func filling(size, days float64) curve {
	return func(minute float64) float64 { return size * (1 - math.Exp(-minute/day/days)) }
}

// sawtooth is garbage that a collection takes away now and then.
func sawtooth(height, minutes float64) curve {
	return func(minute float64) float64 { return height * math.Mod(minute, minutes) / minutes }
}

// weekend is traffic that halves for two days.
func weekend(amplitude float64) curve {
	return func(minute float64) float64 {
		if today := math.Mod(math.Floor(minute/day), 7); today >= 5 {
			return -amplitude
		}
		return 0
	}
}

// restarted begins the curve anew every so many days, as a process does that is
// restarted in place.
func (c curve) restarted(days float64) curve {
	return func(minute float64) float64 { return c(math.Mod(minute, days*day)) }
}

// during is the curve in a part of the time, counted from its beginning, and no
// sample before and after.
func (c curve) during(from, to float64) curve {
	return func(minute float64) float64 {
		if minute < from*day || minute >= to*day {
			return math.NaN()
		}
		return c(minute - from*day)
	}
}

// values writes the curve as promtool reads it.
func (c curve) values(scale float64) string {
	var b strings.Builder
	for minute := 0; minute < week; minute += every {
		if value := c(float64(minute)); math.IsNaN(value) {
			b.WriteString("_ ")
		} else {
			fmt.Fprintf(&b, "%.0f ", scale*value)
		}
	}
	return b.String()
}
