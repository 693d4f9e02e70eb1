package cardinality

import "math/bits"

// spill returns the set to use for up to three values that are not in the table as
// they are. In a flood most lookups come here and are junk, so the usual case, the set
// of the overflow that is tried first, is written out: a query and slices took as long
// as all the rest. What is not as usual goes on to miss.
//
//go:noinline
func (v *Vec[T]) spill(n int, a, b, c string, hashA, hashB, hashC, sum uint64) *entry[T] {
	g, hash := &v.guard, sum|firstHash
	st := g.state.Load()
	if n != st.quick || g.isGranted(hash) {
		return v.missFew(n, a, b, c, hashA, hashB, hashC, sum)
	}
	hashes := [inlined]uint64{hashA, hashB, hashC}
	var blocked uint64 // as [Guard.closed] says
	for rest := st.closed; rest != 0; rest &= rest - 1 {
		if i := bits.TrailingZeros64(rest); !g.labels[i].known.has(hashes[i]) {
			blocked |= 1 << i
		}
	}
	masked := blocked
	if masked == 0 {
		masked = st.shared.levels[1]
	}
	shown := sum
	for rest := masked; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		shown += (markerHash - hashes[i]) * g.hash.turns[i]
	}
	e := v.table.Load().first(shown | firstHash)
	if masked == 0 || e == nil || e.masked != masked ||
		masked&1 == 0 && e.inline[0] != a || masked&2 == 0 && e.inline[1] != b || masked&4 == 0 && e.inline[2] != c {
		return v.missFew(n, a, b, c, hashA, hashB, hashC, sum)
	}
	e.touch(g.epoch.Load())
	var news uint64
	for rest := masked; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		if d := g.labels[i].distinct.Load(); d != nil && d.add(hashes[i]) {
			news |= 1 << i
		}
	}
	if g.sampled(hash) {
		values := [inlined]string{a, b, c}
		v.sample(&query{values: values[:n], hashes: hashes[:n], sum: sum}, hash, news, blocked, true)
	}
	return e
}

// missFew is miss for up to three values. Its frame is large.
//
//go:noinline
func (v *Vec[T]) missFew(n int, a, b, c string, hashA, hashB, hashC, sum uint64) *entry[T] {
	values, hashes := [inlined]string{a, b, c}, [inlined]uint64{hashA, hashB, hashC}
	return v.miss(values[:n], hashes[:n], sum)
}
