package compare

import (
	"math"
	"slices"
)

// Interval is an estimate with bounds that hold it with a confidence of 99 %.
type Interval struct {
	// Value is the estimate, between Low and High.
	Value float64 `json:"value"`
	// Low: see Value.
	Low float64 `json:"low"`
	// High: see Value.
	High float64 `json:"high"`
}

// confident is the quantile of the normal distribution for 99 %, half of the rest on
// each side.
const confident = 2.5758

// student is the same quantile of Student's t for few values: the expansion of
// Cornish and Fisher, within 2 % from three degrees of freedom on.
func student(freedom float64) float64 {
	z, v := confident, math.Max(freedom, 1)
	z3, z5, z7 := z*z*z, math.Pow(z, 5), math.Pow(z, 7)
	return z + (z3+z)/(4*v) + (5*z5+16*z3+3*z)/(96*v*v) + (3*z7+19*z5+17*z3-15*z)/(384*v*v*v)
}

// meanOf returns the mean of values and its standard error. Values that follow each other
// resemble each other, which makes them tell less than their number says.
func meanOf(values []float64) (mean, err float64) {
	n := float64(len(values))
	for _, x := range values {
		mean += x / n
	}
	rest := make([]float64, len(values))
	for i, x := range values {
		rest[i] = x - mean
	}
	return mean, math.Sqrt(sumOfSquares(rest)/(n-1)/n) * inflation(rest)
}

func sumOfSquares(values []float64) (sum float64) {
	for _, x := range values {
		sum += x * x
	}
	return sum
}

// inflation is by how much the error is larger because neighbours resemble each
// other: that of an autoregressive process of the first order. It is never below 1.
func inflation(rest []float64) float64 {
	all := sumOfSquares(rest)
	if all == 0 {
		return 1
	}
	var neighbours float64
	for i := 1; i < len(rest); i++ {
		neighbours += rest[i] * rest[i-1]
	}
	r := min(max(neighbours/all, 0), 0.8)
	return math.Sqrt((1 + r) / (1 - r))
}

// ratio is how many times as much the canary has, from values that are all above 0:
// one of each for the same age. It works on logarithms, so that a segment that stands
// out counts for little; and on their differences, so that what both go through at
// that age, or at that moment, is taken out.
func ratio(canary, stable []float64) (Interval, bool) {
	if len(canary) < leastSegments || len(canary) != len(stable) {
		return Interval{}, false
	}
	logs := make([]float64, len(canary))
	for i := range canary {
		logs[i] = math.Log(canary[i] / stable[i])
	}
	mean, err := meanOf(logs)
	// No error at all is luck, or a clock too coarse.
	margin := math.Max(student(float64(len(logs)-1))*err, 0.005)
	return Interval{exp(mean), exp(mean - margin), exp(mean + margin)}, true
}

// exp is the exponential, as far as JSON can hold it and what is computed with it: the
// bounds of values that have nothing in common are that wide.
func exp(x float64) float64 { return math.Exp(min(x, 500)) }

// slope is the line through values over x.
type slope struct {
	value, err float64
	freedom    float64
	rest       float64 // the sum of squares that the line leaves
}

// line is the line of least squares through values over x: how steep it is, and through
// which point it goes. xx is the sum of squares of x around its mean: at 0 there is no line.
func line(x, y []float64) (steep, meanX, meanY, xx float64) {
	n := float64(len(x))
	for i := range x {
		meanX, meanY = meanX+x[i]/n, meanY+y[i]/n
	}
	var xy float64
	for i := range x {
		xx += (x[i] - meanX) * (x[i] - meanX)
		xy += (x[i] - meanX) * (y[i] - meanY)
	}
	if xx > 0 {
		steep = xy / xx
	}
	return steep, meanX, meanY, xx
}

func slopeOf(x, y []float64) (s slope, ok bool) {
	if len(x) < leastSegments || len(x) != len(y) {
		return s, false
	}
	steep, meanX, meanY, xx := line(x, y)
	if !(xx > 0) {
		return s, false
	}
	s.value, s.freedom = steep, float64(len(x)-2)
	rest := make([]float64, len(x))
	for i := range x {
		rest[i] = y[i] - meanY - s.value*(x[i]-meanX)
	}
	s.rest = sumOfSquares(rest)
	s.err = math.Sqrt(s.rest/s.freedom/xx) * inflation(rest)
	return s, true
}

// halves are how steep the lines are through the first and the second half of the points,
// which share the one in the middle.
func halves(x, y []float64) (first, second float64) {
	to, from := len(x)/2+1, (len(x)-1)/2
	first, _, _, _ = line(x[:to], y[:to])
	second, _, _, _ = line(x[from:], y[from:])
	return first, second
}

// interval is the slope with its bounds, of which each is at least the given noise
// away.
func (s slope) interval(noise float64) Interval {
	margin := math.Max(student(s.freedom)*s.err, noise)
	return Interval{s.value, s.value - margin, s.value + margin}
}

// isStep reports whether one step explains values better than a line that leaves this sum
// of squares. Of growth that goes on, even the best step leaves a quarter of the variance.
func isStep(y []float64, left float64) bool {
	for at := 2; at <= len(y)-2; at++ {
		if scatter(y[:at])+scatter(y[at:]) < left {
			return true
		}
	}
	return false
}

// scatter is the sum of squares around the mean.
func scatter(values []float64) (sum float64) {
	var mean float64
	for _, x := range values {
		mean += x / float64(len(values))
	}
	for _, x := range values {
		sum += (x - mean) * (x - mean)
	}
	return sum
}

// median returns the middle of values, 0 without any.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
