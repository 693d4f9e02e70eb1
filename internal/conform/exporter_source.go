package conform

import (
	"math"
	"sync/atomic"

	"github.com/govitals/govitals/metric"
)

// figures is a source whose samples depend on the scrape, counted from 0.
type figures struct {
	descs   []metric.Desc
	step    *atomic.Int64
	samples func(scrape int, emit func(metric.Sample))
}

// Describe implements [metric.Source].
func (f *figures) Describe() []metric.Desc { return f.descs }

// Collect implements [metric.Source].
func (f *figures) Collect(emit func(metric.Sample)) { f.samples(int(f.step.Load()), emit) }

// always returns a source that emits the same samples at each scrape.
func always(samples ...metric.Sample) *figures {
	f := &figures{step: new(atomic.Int64)}
	for _, s := range samples {
		f.descs = append(f.descs, s.Desc)
	}
	f.samples = func(_ int, emit func(metric.Sample)) {
		for _, s := range samples {
			emit(s)
		}
	}
	return f
}

func sampleOf(d metric.Desc, value float64, labels ...string) metric.Sample {
	return metric.Sample{Desc: d, Value: value, LabelValues: labels}
}

// observe returns the histogram of the observations. It finds the bucket of each
// by comparing with the edges, and is slow and plain on purpose.
func observe(schema int, observations ...float64) *metric.Histogram {
	width := math.Exp2(-float64(schema))
	h := &metric.Histogram{Schema: schema, First: -20 << schema, Counts: make([]uint64, 40<<schema)}
	for _, x := range observations {
		h.Sum += x
		if x <= 0 {
			h.Zero++
			continue
		}
		i := 0
		for math.Exp2(float64(h.First+i)*width) < x {
			i++
		}
		h.Counts[i]++
	}
	return h
}

// atOrBelow counts the observations at or below each bound, one by one.
func atOrBelow(bounds, observations []float64) map[float64]uint64 {
	counts := make(map[float64]uint64, len(bounds))
	for _, bound := range bounds {
		counts[bound] = 0
		for _, x := range observations {
			if x <= bound {
				counts[bound]++
			}
		}
	}
	return counts
}
