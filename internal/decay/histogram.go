package decay

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// maxBuckets bounds the memory of a Histogram to 8 KiB.
const maxBuckets = 1024

// rescaleAt is the number of half-lives after which the landmark moves. 2^64
// leaves a float64 room for 2^900 values more.
const rescaleAt = 64

// Config says which values a Histogram tells apart and how long it remembers.
type Config struct {
	// Least is the upper edge of the lowest bucket, above 0. Smaller values
	// count as Least.
	Least float64
	// Most is the highest value that is told apart, above Least. Greater values
	// are refused.
	Most float64
	// Ratio is that of the upper edges of two neighbouring buckets, above 1.
	Ratio float64
	// HalfLife is the time after which a value counts half, above 0.
	HalfLife time.Duration
}

// Validate returns an error that names the field that is wrong.
func (c Config) Validate() error {
	switch {
	case !(c.Least > 0) || math.IsInf(c.Least, 0):
		return fmt.Errorf("decay: Config.Least is %v: use a number above 0", c.Least)
	case !(c.Most > c.Least) || math.IsInf(c.Most, 0):
		return fmt.Errorf("decay: Config.Most is %v: use a number above Least (%v)", c.Most, c.Least)
	case !(c.Ratio > 1) || c.buckets() > maxBuckets:
		return fmt.Errorf("decay: Config.Ratio is %v: use a number above 1 that gives at most %d buckets", c.Ratio, maxBuckets)
	case c.HalfLife <= 0:
		return fmt.Errorf("decay: Config.HalfLife is %v: use a duration above 0", c.HalfLife)
	}
	return nil
}

// buckets is a float64, since a Ratio near 1 asks for more than an int holds.
func (c Config) buckets() float64 {
	return math.Ceil(math.Log(c.Most/c.Least)/math.Log(c.Ratio)) + 2
}

// Histogram is a decaying histogram. It is not safe for concurrent use.
type Histogram struct {
	config   Config
	perLog   float64 // buckets per unit of the natural logarithm
	weights  []float64
	landmark time.Time // weighs 1
	latest   time.Time
}

// New returns an empty Histogram. It panics if config is not valid.
func New(config Config) *Histogram {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	return &Histogram{
		config:  config,
		perLog:  1 / math.Log(config.Ratio),
		weights: make([]float64, int(config.buckets())),
	}
}

// Add counts value with a weight, as of the time at. It reports false and
// counts nothing if value or weight is negative, not a number or too great, or
// if weight is 0.
func (h *Histogram) Add(at time.Time, value, weight float64) bool {
	if !(value >= 0 && value <= h.config.Most) || !(weight > 0 && weight <= math.MaxUint32) {
		return false
	}
	h.advance(at)
	h.weights[h.bucket(value)] += weight * h.unit()
	return true
}

// advance moves the latest time forward, and the landmark with it before
// weights grow too large.
func (h *Histogram) advance(at time.Time) {
	if h.latest.IsZero() {
		h.landmark, h.latest = at, at
	}
	if at.After(h.latest) {
		h.latest = at
	}
	if h.halfLives() > rescaleAt {
		shrink := 1 / h.unit()
		for i := range h.weights {
			h.weights[i] *= shrink
		}
		h.landmark = h.latest
	}
}

func (h *Histogram) halfLives() float64 {
	return float64(h.latest.Sub(h.landmark)) / float64(h.config.HalfLife)
}

// unit is what a weight of 1 that is added now counts. Beyond some thousand
// half-lives it is +Inf, and what is older shrinks to 0.
func (h *Histogram) unit() float64 { return math.Exp2(h.halfLives()) }

// edge is the upper edge of a bucket.
func (h *Histogram) edge(bucket int) float64 {
	return h.config.Least * math.Pow(h.config.Ratio, float64(bucket))
}

// bucket returns the first bucket whose upper edge is not below value. The
// logarithm may be off by one on an edge.
func (h *Histogram) bucket(value float64) int {
	if value <= h.config.Least {
		return 0
	}
	i := int(math.Ceil(math.Log(value/h.config.Least) * h.perLog))
	if i > 0 && h.edge(i-1) >= value {
		i--
	} else if h.edge(i) < value {
		i++
	}
	return i
}

// Quantile returns a value that the share q of the weight does not exceed, and
// false while there is none. q is held to 0..1.
func (h *Histogram) Quantile(q float64) (float64, bool) {
	total := 0.0
	for _, weight := range h.weights {
		total += weight
	}
	if total == 0 {
		return 0, false
	}
	want, sum, last := total*q, 0.0, 0
	for i, weight := range h.weights {
		if weight == 0 {
			continue
		}
		last = i
		if sum += weight; sum >= want {
			break
		}
	}
	return h.edge(last), true
}

// Max returns the highest value that was added within the given number of
// half-lives, or since then if it was added with more weight than 1 or more
// than once. It reports false if there is none.
func (h *Histogram) Max(halfLives float64) (float64, bool) {
	// The tolerance is for a value whose age is exactly halfLives.
	least := h.unit() * math.Exp2(-halfLives) * (1 - 1e-9)
	for i, weight := range slices.Backward(h.weights) {
		if weight > 0 && weight >= least {
			return h.edge(i), true
		}
	}
	return 0, false
}
