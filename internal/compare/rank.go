package compare

import (
	"cmp"
	"slices"
)

const (
	// ranked is how many places are listed.
	ranked = 10
	// fewest is a difference, of what is counted, that is not worth a line.
	fewest = 10
)

// rank lists the places of which the canary has more, the largest difference first.
func rank(canary, stable []Place) []Difference {
	before := map[string]Place{}
	for _, p := range merged(stable) {
		before[p.Name] = p
	}
	var all []Difference
	var sum float64
	for _, p := range merged(canary) {
		s := before[p.Name]
		if d := p.Value - s.Value; d >= fewest {
			all = append(all, Difference{
				Name: p.Name, Canary: p.Value, Stable: s.Value, Difference: d,
				Sure: p.High == 0 || p.Low > s.High,
			})
			sum += d
		}
	}
	slices.SortStableFunc(all, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(b.Difference, a.Difference), cmp.Compare(a.Name, b.Name))
	})
	for i := range all {
		all[i].Share = all[i].Difference / sum
	}
	return all[:min(len(all), ranked)]
}

// merged adds up places of one name: long names are cut, and what differs behind the cut
// cannot be told apart on both sides.
func merged(list []Place) (all []Place) {
	at := map[string]int{}
	for _, p := range list {
		i, known := at[p.Name]
		if !known {
			at[p.Name] = len(all)
			all = append(all, p)
			continue
		}
		all[i].Value, all[i].Low, all[i].High = all[i].Value+p.Value, all[i].Low+p.Low, all[i].High+p.High
	}
	return all
}

// atMost cuts differences: what is known of a label is its part of the growth, of
// which the stable side may have had some too.
func atMost(all []Difference, most float64) {
	for i := range all {
		if most > 0 {
			all[i].Difference = min(all[i].Difference, most)
		}
	}
}
