package stacks

import (
	"cmp"
	"slices"
)

// Group is the goroutines of a dump that were created at one place and are at
// one place.
type Group struct {
	// CreatedBy is the go statement.
	CreatedBy Frame
	// Site is where they are.
	Site Site
	// IDs are theirs, in the order of the dump.
	IDs []uint64
	// Example is the one that has waited longest.
	Example *Goroutine
}

// place identifies a group. The parents differ, the go statement does not.
type place struct {
	createdBy Frame
	site      Site
}

// Groups groups the goroutines of a dump for which keep reports true, the
// largest group first and equal ones in an order that does not change.
func Groups(dump string, keep func(*Goroutine) bool) []*Group {
	byPlace := make(map[place]*Group)
	var groups []*Group
	for g := range All(dump) {
		if !keep(g) {
			continue
		}
		at := place{g.CreatedBy, g.Site()}
		group := byPlace[at]
		if group == nil {
			group = &Group{CreatedBy: at.createdBy, Site: at.site, Example: g.Clone()}
			byPlace[at] = group
			groups = append(groups, group)
		} else if g.Minutes > group.Example.Minutes {
			group.Example = g.Clone()
		}
		group.IDs = append(group.IDs, g.ID)
	}
	slices.SortFunc(groups, func(a, b *Group) int {
		return cmp.Or(cmp.Compare(len(b.IDs), len(a.IDs)),
			cmp.Compare(a.CreatedBy.String(), b.CreatedBy.String()), cmp.Compare(a.Site.String(), b.Site.String()))
	})
	return groups
}
