package leakguard

import "math"

// Tier k has buckets of 2^k times the resolution and so covers 48 << k
// buckets: at one minute 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2 and 102.4 hours.
// 48 points are enough for a slope and its error; twice the window rather than
// more points is what shows a slower leak.
const (
	tierCount   = 8
	bucketCount = 48
	longest     = bucketCount << (tierCount - 1)
)

// bucket is what was seen in a stretch of time: 16 bytes.
type bucket struct {
	value  float64 // the trough
	load   float32 // mean, NaN if unknown
	points uint32  // 0 means an empty bucket
}

// take adds a point to a bucket of the finest tier.
func (b *bucket) take(value float64, load float32) {
	if b.points == 0 {
		*b = bucket{value: value, load: load, points: 1}
		return
	}
	b.value = min(b.value, value)
	if b.points < math.MaxUint32 {
		b.points++
	}
	switch {
	case isNaN(b.load):
		b.load = load
	case !isNaN(load):
		b.load += (load - b.load) / float32(b.points)
	}
}

// join adds a finished bucket of the next finer tier. Odd tiers keep the lower
// of two, even tiers their mean: 16 points end as the mean of the lowest of
// each four. The lowest rejects bursts of garbage and of work, the mean averages
// the noise: two tiers shrink white noise to 0.58 where a plain mean gives 0.5.
func (b *bucket) join(finer bucket, tier int) {
	if b.points == 0 {
		*b = finer
		return
	}
	if tier%2 == 1 {
		b.value = min(b.value, finer.value)
	} else {
		b.value = b.value/2 + finer.value/2
	}
	b.points += min(finer.points, math.MaxUint32-b.points)
	switch {
	case isNaN(b.load):
		b.load = finer.load
	case !isNaN(finer.load):
		b.load = b.load/2 + finer.load/2
	}
}

// tier is one resolution: a circle of buckets in which bucket n is at n modulo
// their number.
type tier struct {
	newest  int64
	held    int64 // bucket of the finest tier since which all rules hold, plus 1; 0 if they do not
	buckets [bucketCount]bucket
}

func (t *tier) at(number int64) *bucket { return &t.buckets[number%bucketCount] }

// move makes a bucket the newest and empties those that were passed over.
func (t *tier) move(number int64) {
	for n := max(t.newest+1, number-bucketCount+1); n <= number; n++ {
		*t.at(n) = bucket{}
	}
	t.newest = number
}

// advance opens a bucket of the finest tier: what it closes is joined into
// coarser tiers, up to the first whose bucket is not full yet.
func (t *Trend) advance(number int64) {
	for k := range t.tiers {
		tier, at := &t.tiers[k], number>>k
		if at == tier.newest {
			return
		}
		closed, was := *tier.at(tier.newest), tier.newest
		tier.move(at)
		if k+1 == tierCount {
			t.review(k, at)
			return
		}
		if up := &t.tiers[k+1]; closed.points > 0 && up.newest == was>>1 {
			up.at(up.newest).join(closed, k+1)
		}
		t.review(k, at)
	}
}

func isNaN(x float32) bool { return x != x }
