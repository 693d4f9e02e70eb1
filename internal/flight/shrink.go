package flight

import "maps"

// smallTable is how many entries a map may have held that is left as it is.
const smallTable = 64

// Shrink is called with a map after each delete, and returns what takes its place: a
// copy if it has held eight times as much, since maps do not get smaller. How many it
// has held is kept in most.
func Shrink[K comparable, V any](m map[K]V, most *int) map[K]V {
	*most = max(*most, len(m)+1)
	if *most <= smallTable || len(m) > *most/8 {
		return m
	}
	*most = len(m)
	small := make(map[K]V, len(m))
	maps.Copy(small, m)
	return small
}
