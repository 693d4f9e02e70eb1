package exphist

import (
	"math"
	"time"

	"github.com/govitals/govitals/metric"
)

// Counts is the state of a Histogram at a moment, or what was added between two
// moments. The zero value is empty.
type Counts struct {
	counts [buckets]uint64
	zero   uint64
	sum    float64
}

// Sub returns what c has gained since the earlier state, nothing where it has less.
func (c *Counts) Sub(earlier *Counts) Counts {
	var gained Counts
	for i := range c.counts {
		gained.counts[i] = since(c.counts[i], earlier.counts[i])
	}
	gained.zero = since(c.zero, earlier.zero)
	gained.sum = max(0, c.sum-earlier.sum)
	return gained
}

func since(now, earlier uint64) uint64 {
	return now - min(now, earlier)
}

// Count returns how many durations there are.
func (c *Counts) Count() uint64 {
	total := c.zero
	for _, n := range c.counts {
		total += n
	}
	return total
}

// Quantile returns the upper edge of the bucket in which the q-quantile lies, so
// it is never too low; q is between 0 and 1, and 1 gives the maximum. It is 0 if
// there are no durations.
func (c *Counts) Quantile(q float64) time.Duration {
	total := c.Count()
	if total == 0 {
		return 0
	}
	rank, seen := uint64(1), c.zero
	if q > 0 {
		rank = max(1, uint64(math.Ceil(min(q, 1)*float64(total))))
	}
	if seen >= rank {
		return 0
	}
	for i, n := range c.counts {
		if seen += n; seen >= rank {
			return upper(i)
		}
	}
	return c.Max()
}

// Max returns the upper edge of the highest bucket that is not empty.
func (c *Counts) Max() time.Duration {
	for i := buckets - 1; i >= 0; i-- {
		if c.counts[i] > 0 {
			return upper(i)
		}
	}
	return 0
}

// Mean returns the average, 0 if there are no durations.
func (c *Counts) Mean() time.Duration {
	total := c.Count()
	if total == 0 {
		return 0
	}
	return time.Duration(c.sum / float64(total) * 1e9)
}

// StdDev returns the standard deviation, 0 if there are no durations. It takes
// the middle of a bucket for what is in it.
func (c *Counts) StdDev() time.Duration {
	total, sum, squares := float64(c.Count()), 0.0, 0.0
	if total == 0 {
		return 0
	}
	for i, n := range c.counts {
		if n > 0 {
			sum += float64(n) * middle(i)
		}
	}
	mean := sum / total
	squares = float64(c.zero) * mean * mean
	for i, n := range c.counts {
		if n > 0 {
			off := middle(i) - mean
			squares += float64(n) * off * off
		}
	}
	return time.Duration(math.Sqrt(squares/total) * 1e9)
}

// Metric returns the counts for an exporter. Nothing is lost: the buckets are the
// same.
func (c *Counts) Metric() *metric.Histogram {
	from, to := 0, buckets
	for from < to && c.counts[from] == 0 {
		from++
	}
	for to > from && c.counts[to-1] == 0 {
		to--
	}
	return &metric.Histogram{
		Schema: schema, First: first + from, Zero: c.zero, Sum: c.sum,
		Counts: append([]uint64(nil), c.counts[from:to]...),
	}
}
