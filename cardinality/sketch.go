package cardinality

// sketch finds which label sets of the overflow come often. It is a space-saving
// summary (Metwally et al. 2005) over hashes, in buckets: a hash competes with
// those of its bucket alone, so that an update looks at eight counters, and one
// that comes with more than 1/512 of all updates stays. Counts fade with the
// epochs. Used under the mutex of the guard.
type sketch struct {
	total   float32
	buckets [64][8]counter
}

// counter bounds how often a hash came: at most count, at least count - floor.
type counter struct {
	hash         uint64
	count, floor float32
}

// leastHits is how often a set must have come, and leastShare which part of the
// updates it must be, to be worth a place.
const (
	leastHits  = 4
	leastShare = 1.0 / 512
	fading     = 7.0 / 8 // what an epoch leaves of a count: the sum goes over about Retention
)

// add counts a hash and reports whether it comes often.
func (s *sketch) add(hash uint64) bool {
	s.total++
	bucket := &s.buckets[hash%64]
	least := 0
	for i := range bucket {
		if c := &bucket[i]; c.hash == hash {
			c.count++
			return c.often(s.total)
		} else if c.count < bucket[least].count {
			least = i
		}
	}
	c := &bucket[least]
	*c = counter{hash: hash, count: c.count + 1, floor: c.count}
	return false
}

func (c *counter) often(total float32) bool {
	sure := c.count - c.floor
	return sure >= leastHits && sure >= total*leastShare
}

// fade lets an epoch pass.
func (s *sketch) fade() {
	s.total *= fading
	for i := range s.buckets {
		for j := range s.buckets[i] {
			s.buckets[i][j].count *= fading
			s.buckets[i][j].floor *= fading
		}
	}
}
