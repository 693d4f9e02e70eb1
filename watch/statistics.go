package watch

import (
	"cmp"
	"math"
	"slices"
)

// ranks replaces each value by its rank, ties by the mean of theirs, and takes the mean
// of all away. What follows is so about order, and one value out of line counts as one.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	ranked, mean := make([]float64, len(values)), float64(len(values)-1)/2
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranked[i] = float64(from+to-1)/2 - mean
		}
		from = to
	}
	return ranked
}

// correlation is that of two series whose means are 0, and 0 if one of them is flat.
// lag shifts the second one.
func correlation(a, b []float64, lag int) float64 {
	product, squareA, squareB := 0.0, 0.0, 0.0
	for i := range a {
		squareA += a[i] * a[i]
		squareB += b[i] * b[i]
		if i >= lag {
			product += a[i] * b[i-lag]
		}
	}
	if squareA == 0 || squareB == 0 {
		return 0
	}
	return product / math.Sqrt(squareA*squareB)
}

// maxLag is how far apart points may be that still know of each other.
const maxLag = 4

// independent returns how many independent pairs two series are worth of which each
// goes on from its own past: fewer than there are (Bartlett 1946). Differences of
// measured values do so by nature, as each error is in two of them.
func independent(a, b []float64) float64 {
	repeats := 1.0
	for lag := 1; lag <= maxLag; lag++ {
		repeats += 2 * correlation(a, a, lag) * correlation(b, b, lag)
	}
	return float64(len(a)) / max(1, repeats)
}

// partial is the correlation of a and b in so far as c does not explain it.
func partial(ab, ac, bc float64) float64 {
	rest := (1 - ac*ac) * (1 - bc*bc)
	if rest < 1e-9 {
		return 0
	}
	return max(-1, min((ab-ac*bc)/math.Sqrt(rest), 1))
}

// without returns what a straight line through the other series leaves of values.
func without(values, other []float64) []float64 {
	meanV, meanO := mean(values), mean(other)
	product, square := 0.0, 0.0
	for i, v := range values {
		product += (v - meanV) * (other[i] - meanO)
		square += (other[i] - meanO) * (other[i] - meanO)
	}
	slope := 0.0
	if square > 0 {
		slope = product / square
	}
	rest := make([]float64, len(values))
	for i, v := range values {
		rest[i] = v - meanV - slope*(other[i]-meanO)
	}
	return rest
}

// certainty is how many standard errors a rank correlation of n pairs is away from 0,
// and its 95 % interval, on the scale of Fisher's z (with the variance of Fieller,
// Hartley and Pearson 1957).
func certainty(correlation, n float64) (errors, least, most float64) {
	if n <= 5 {
		return 0, -1, 1
	}
	z, sigma := math.Atanh(max(-0.999, min(correlation, 0.999))), math.Sqrt(1.06/(n-4))
	return z / sigma, math.Tanh(z - 1.96*sigma), math.Tanh(z + 1.96*sigma)
}

func mean(values []float64) (m float64) {
	for _, v := range values {
		m += v / float64(len(values))
	}
	return m
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
