package icicle

import (
	"bufio"
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/govitals/govitals/internal/text"
)

const (
	width  = 1200.0 // of the picture and of the whole
	row    = 18
	margin = 4   // between the edge of a frame and its text
	letter = 6.7 // width of a letter of monospace at 11 pixels
)

// picture draws a tree of which the totals are summed.
type picture struct {
	out      *bufio.Writer
	config   Config
	tree     *tree
	children [][]int32
}

func newPicture(out *bufio.Writer, c Config, t *tree) *picture {
	p := &picture{out: out, config: c, tree: t, children: make([][]int32, len(t.nodes))}
	for i, n := range t.nodes[1:] {
		p.children[n.parent] = append(p.children[n.parent], int32(i+1))
	}
	for _, below := range p.children {
		slices.SortFunc(below, func(a, b int32) int { return cmp.Or(compare(&t.nodes[a], &t.nodes[b]), cmp.Compare(a, b)) })
	}
	return p
}

func (p *picture) all() amount { return p.tree.nodes[0].total }

func (p *picture) draw() {
	deepest := int32(1)
	for _, n := range p.tree.nodes {
		deepest = max(deepest, n.depth+2) // with the row of its "…"
	}
	height := int(deepest+2) * row
	fmt.Fprintf(p.out, `<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%d" viewBox="0 0 %g %d" role="img" aria-label="%s" font-family="monospace" font-size="11">`+"\n",
		width, height, width, height, escape(p.summary()))
	head := box{wide: width, fill: "#30343b", ink: "#ffffff", title: p.summary(), labels: []string{p.summary()}}
	if p.config.Diff {
		head.wide = p.legend()
	}
	p.box(head)
	if p.all().size > 0 {
		p.frame(0, 0)
	}
	p.out.WriteString("</svg>\n")
}

// summary is the first row, and what a screen reader says.
func (p *picture) summary() string {
	all := p.all()
	switch {
	case all.size == 0 && p.config.Diff:
		return p.config.Title + ": nothing changed"
	case all.size == 0:
		return p.config.Title + ": no samples"
	case p.config.Diff:
		grown, shrunk := (all.size+all.net)/2, (all.net-all.size)/2
		return fmt.Sprintf("%s: net %s (%s and %s)", p.config.Title, p.change(all.net), p.change(grown), p.change(shrunk))
	}
	return fmt.Sprintf("%s: %s", p.config.Title, text.Figure(all.net, p.config.Unit))
}

func (p *picture) change(value float64) string { return text.Change(value, p.config.Unit) }

// legend explains the signs at the right end of the first row, and returns
// where it begins.
func (p *picture) legend() float64 {
	const wide = 90.0
	x := width
	for _, kind := range []struct {
		amount
		does string
	}{{amount{0, 1}, "cancels"}, {amount{-1, 1}, "shrank"}, {amount{1, 1}, "grew"}} {
		x -= wide
		mark, fill := p.look("", kind.amount)
		what := mark + " " + kind.does
		p.box(box{x: x, wide: wide, fill: fill, ink: ink, title: what, labels: []string{what}})
	}
	return x
}

// frame draws a node and what is below it, from x on.
func (p *picture) frame(index int32, x float64) {
	n := &p.tree.nodes[index]
	name := cmp.Or(n.name, "unknown")
	if index == 0 {
		name = whole
	}
	y := int(n.depth+1) * row
	p.labelled(x, y, name, n.total)
	rest := n.rest
	for i, below := range p.children[index] {
		if i >= maxBelow {
			rest.add(p.tree.nodes[below].total)
			continue
		}
		p.frame(below, x)
		x += p.wide(p.tree.nodes[below].total)
	}
	if rest.size >= minShare*p.all().size {
		p.labelled(x, y+row, other, rest)
	}
}

// The names of what is not a function.
const (
	whole = "all"
	other = "…"
)

func (p *picture) wide(a amount) float64 { return width * a.size / p.all().size }

// labelled draws a box with as much of its name and value as there is room for.
func (p *picture) labelled(x float64, y int, name string, a amount) {
	mark, fill := p.look(name, a)
	value := text.Figure(a.net, p.config.Unit)
	share := fmt.Sprintf("%.1f %%", 100*a.size/p.all().size)
	label, of := shortName(name), "of all"
	if p.config.Diff {
		value, of = p.change(a.net), "of all changes"
		label = mark + " " + label
	}
	title := fmt.Sprintf("%s\n%s, %s %s", name, value, share, of)
	if name == other {
		title = fmt.Sprintf("frames that are too small to draw\n%s, %s %s", value, share, of)
	}
	p.box(box{
		x: x, y: y, wide: p.wide(a), fill: fill, ink: ink, title: title, mark: mark,
		labels: []string{label + " · " + value + " · " + share, label + " · " + value, label},
	})
}

// box is a rectangle with text.
type box struct {
	x, wide   float64
	y         int
	fill, ink string
	title     string   // shown by a mouse, said by a screen reader
	labels    []string // the first one that fits is drawn
	mark      string   // is drawn where no label fits
}

func (p *picture) box(b box) {
	gap := math.Min(0.5, b.wide/4)
	fmt.Fprintf(p.out, `<g><title>%s</title><rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`,
		escape(b.title), b.x, b.y, b.wide-gap, row-1, b.fill)
	if label := fit(b.labels, b.mark, int((b.wide-2*margin)/letter)); label != "" {
		fmt.Fprintf(p.out, `<text x="%.1f" y="%d" fill="%s">%s</text>`, b.x+margin, b.y+row-5, b.ink, escape(label))
	}
	p.out.WriteString("</g>\n")
}
