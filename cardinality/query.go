package cardinality

import (
	"math/bits"
)

// query is a lookup that missed: the values in their canonical form, their hashes,
// and the labels that have to show the marker whatever room there is. Its slices
// are parts of a scratch in the frame of [Vec.miss].
type query struct {
	values  []string
	hashes  []uint64 // 0 where the value was too long to be hashed
	masked  uint64
	misused bool
	changed bool // the values are not those that were asked for
}

// inlineLabels is up to how many labels a miss does not allocate.
const inlineLabels = 8

type scratch struct {
	values [inlineLabels]string
	hashes [inlineLabels]uint64
}

// query returns an empty query for n labels.
func (s *scratch) query(n int) query {
	if n > inlineLabels {
		return query{values: make([]string, n), hashes: make([]uint64, n)}
	}
	return query{values: s.values[:n], hashes: s.hashes[:n]}
}

// wideLabels is how many labels a vec with OpenLabels may have for its misses not to
// allocate either.
const wideLabels = 16

// missWide is a miss of many labels, whose scratch would make the frame of miss too
// large.
//
//go:noinline
func (v *Vec[T]) missWide(values []string) *entry[T] {
	var s struct {
		values [wideLabels]string
		hashes [wideLabels]uint64
	}
	if n := len(values); n <= wideLabels {
		return v.missed(query{values: s.values[:n], hashes: s.hashes[:n]}, values, nil)
	}
	return v.missed(query{values: make([]string, len(values)), hashes: make([]uint64, len(values))}, values, nil)
}

// The hash of a set goes label by label, so that one in which some show the marker
// needs no other hashes of values.
const (
	hashMultiplier = 0x9E3779B97F4A7C15 // 2^64 divided by the golden ratio, odd
	markerHash     = 0xD6E8FEB86659FD93 // in place of the hash of a value
)

// step adds the hash of one value to the hash of a set. Values are hashed with a
// secret seed, so nobody outside can find two sets that collide.
func step(hash, value uint64) uint64 { return (hash ^ value) * hashMultiplier }

// ask fills the query with the canonical form of values, whose hashes may be known.
func (g *Guard) ask(q *query, values []string, hashes []uint64) {
	for i, value := range values {
		canonical, admissible, misused := g.labels[i].canonical(value)
		var hash uint64
		if canonical == value && hashes != nil {
			hash = hashes[i]
		} else if canonical != "" || admissible {
			hash = g.hash.of(canonical)
		}
		if !admissible {
			q.masked |= 1 << i
		}
		q.misused = q.misused || misused
		q.changed = q.changed || canonical != value
		q.values[i], q.hashes[i] = canonical, hash
	}
}

// hash returns the hash of the set in which the labels of the mask show the marker.
func (q *query) hash(masked uint64) uint64 {
	var hash uint64
	for i, value := range q.hashes {
		if masked>>i&1 != 0 {
			value = markerHash
		}
		hash = step(hash, value)
	}
	return hash | firstHash
}

// closed adds to a mask the labels, of those that admit no further value, that do
// not know the value of the query.
func (g *Guard) closed(q *query, closed, masked uint64) uint64 {
	for closed &^= masked; closed != 0; closed &= closed - 1 {
		if i := bits.TrailingZeros64(closed); !g.labels[i].known.has(q.hashes[i]) {
			masked |= 1 << i
		}
	}
	return masked
}
