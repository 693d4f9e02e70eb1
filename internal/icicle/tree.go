package icicle

import (
	"cmp"
	"math"
	"slices"
)

const (
	maxNodes = 1 << 16 // in the tree
	maxDepth = 64      // levels below the root
)

// node is a frame in the context of its callers. Sums are float64: no value can
// overflow them, and what they lose is below a pixel.
type node struct {
	name   string
	parent int32 // always before the node itself; the root is its own
	depth  int32
	self   float64 // what ends here
	rest   amount  // of the frames below that are not kept
	total  amount  // of all that is here and below, after sum
}

// amount is a sum of values: net with their signs, size without.
type amount struct{ net, size float64 }

func (a *amount) add(b amount) { a.net, a.size = a.net+b.net, a.size+b.size }

// child is how a node is found.
type child struct {
	parent int32
	name   string
}

// tree holds the nodes, the root first.
type tree struct {
	nodes []node
	byID  map[child]int32
	limit int // of nodes
}

func newTree(limit int) *tree {
	return &tree{nodes: make([]node, 1), byID: map[child]int32{}, limit: limit}
}

// add adds the value of one stack, the outermost frame first.
func (t *tree) add(stack []string, value int64) {
	if len(t.nodes)+maxDepth > t.limit {
		t.prune(t.limit/2, 0)
	}
	at := int32(0)
	for _, name := range stack[:min(len(stack), maxDepth)] {
		next, ok := t.byID[child{at, name}]
		if !ok {
			next = int32(len(t.nodes))
			t.byID[child{at, name}] = next
			t.nodes = append(t.nodes, node{name: name, parent: at, depth: t.nodes[at].depth + 1})
		}
		at = next
	}
	t.nodes[at].self += float64(value)
}

// sum computes the totals.
func (t *tree) sum() {
	for i := range t.nodes {
		n := &t.nodes[i]
		n.total = amount{n.self, math.Abs(n.self)}
		n.total.add(n.rest)
	}
	for i := len(t.nodes) - 1; i > 0; i-- {
		t.nodes[t.nodes[i].parent].total.add(t.nodes[i].total)
	}
}

// prune keeps the root and those nodes, at most keep, that hold most and at
// least floor of the whole. The rest goes into rest of what called it. A caller
// holds at least what those that it calls hold, so none is lost before them.
func (t *tree) prune(keep int, floor float64) {
	t.sum()
	order := make([]int32, 0, len(t.nodes))
	for i := range t.nodes[1:] {
		if size := t.nodes[i+1].total.size; size > 0 && size >= floor*t.nodes[0].total.size {
			order = append(order, int32(i+1))
		}
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(compare(&t.nodes[a], &t.nodes[b]), cmp.Compare(a, b))
	})
	kept := make([]bool, len(t.nodes))
	kept[0] = true
	for _, i := range order[:min(len(order), keep)] {
		kept[i] = true
	}
	t.fold(kept)
	t.compact(kept)
}

// compare puts the larger node first, then the one nearer to the root, then
// goes by name.
func compare(a, b *node) int {
	return cmp.Or(cmp.Compare(b.total.size, a.total.size), cmp.Compare(a.depth, b.depth), cmp.Compare(a.name, b.name))
}

// fold moves what ends in nodes that are not kept into rest of their callers.
func (t *tree) fold(kept []bool) {
	for i := len(t.nodes) - 1; i > 0; i-- {
		if n := &t.nodes[i]; !kept[i] {
			rest := &t.nodes[n.parent].rest
			rest.add(amount{n.self, math.Abs(n.self)})
			rest.add(n.rest)
		}
	}
}

// compact takes out the nodes that are not kept. The others stay in order.
func (t *tree) compact(kept []bool) {
	moved := make([]int32, len(t.nodes))
	nodes := t.nodes[:0]
	clear(t.byID)
	for i, n := range t.nodes {
		if !kept[i] {
			continue
		}
		moved[i] = int32(len(nodes))
		n.parent = moved[n.parent]
		if i > 0 {
			t.byID[child{n.parent, n.name}] = moved[i]
		}
		nodes = append(nodes, n)
	}
	clear(t.nodes[len(nodes):])
	t.nodes = nodes
}
