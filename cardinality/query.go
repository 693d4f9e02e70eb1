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
	sum     uint64   // of the hashes, each times the turn of its label
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
		return newQuery(n)
	}
	return query{values: s.values[:n], hashes: s.hashes[:n]}
}

func newQuery(n int) query { return query{values: make([]string, n), hashes: make([]uint64, n)} }

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
	return v.missed(newQuery(len(values)), values, nil)
}

// markerHash is in place of the hash of a value that shows the marker.
const markerHash = 0xD6E8FEB86659FD93

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
		q.values[i] = canonical
		g.hash.put(q, i, hash)
	}
}

// put gives the query the hash of a value.
func (h *hasher) put(q *query, i int, hash uint64) {
	q.hashes[i] = hash
	q.sum += hash * h.turns[i]
}

// set returns the hash of the set in which the labels of the mask show the marker.
// It is the sum of the hashes of values, each times the turn of its label: a marker is
// put in place of a value without the other values, and no step waits for another.
func (h *hasher) set(q *query, masked uint64) uint64 {
	sum := q.sum
	for ; masked != 0; masked &= masked - 1 {
		i := bits.TrailingZeros64(masked)
		sum += (markerHash - q.hashes[i]) * h.turns[i]
	}
	return sum | firstHash
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
