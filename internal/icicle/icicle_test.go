package icicle

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// stack is one line of folded text.
type stack struct {
	frames string
	value  int64
}

func seq(stacks []stack) iter.Seq2[[]string, int64] {
	return func(yield func([]string, int64) bool) {
		for _, s := range stacks {
			if !yield(strings.Split(s.frames, ";"), s.value) {
				return
			}
		}
	}
}

// drawing is what a reader sees.
type drawing struct {
	Width  float64 `xml:"width,attr"`
	Height float64 `xml:"height,attr"`
	Role   string  `xml:"role,attr"`
	Label  string  `xml:"aria-label,attr"`
	Groups []group `xml:"g"`
}

type group struct {
	Title string `xml:"title"`
	Rect  struct {
		X      float64 `xml:"x,attr"`
		Y      float64 `xml:"y,attr"`
		Width  float64 `xml:"width,attr"`
		Height float64 `xml:"height,attr"`
		Fill   string  `xml:"fill,attr"`
	} `xml:"rect"`
	Text string `xml:"text"`
}

func (g group) right() float64 { return g.Rect.X + g.Rect.Width }

func draw(t testing.TB, c Config, stacks iter.Seq2[[]string, int64]) (drawing, string) {
	t.Helper()
	var b bytes.Buffer
	if err := Write(t.Context(), &b, c, stacks); err != nil {
		t.Fatal(err)
	}
	var d drawing
	if err := xml.Unmarshal(b.Bytes(), &d); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	checkAllowed(t, b.Bytes())
	return d, b.String()
}

// allowed has every element and attribute that a picture may use; none of them
// can run, fetch or style anything.
var allowed = map[string][]string{
	"svg":   {"xmlns", "width", "height", "viewBox", "role", "aria-label", "font-family", "font-size"},
	"g":     nil,
	"title": nil,
	"rect":  {"x", "y", "width", "height", "fill"},
	"text":  {"x", "y", "fill"},
}

func checkAllowed(t testing.TB, svg []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if token == nil {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		attributes, known := allowed[start.Name.Local]
		if !known {
			t.Errorf("the picture has an element %q", start.Name.Local)
		}
		for _, a := range start.Attr {
			if !slices.Contains(attributes, a.Name.Local) {
				t.Errorf("an element %q has an attribute %q", start.Name.Local, a.Name.Local)
			}
		}
	}
}

// find returns the box whose title begins with a name.
func (d drawing) find(t testing.TB, name string) group {
	t.Helper()
	for _, g := range d.Groups[1:] {
		if first, _, _ := strings.Cut(g.Title, "\n"); first == name {
			return g
		}
	}
	t.Fatalf("there is no %q among %+v", name, d.Groups)
	return group{}
}

var shop = []stack{
	{"main.main;example.com/shop/cache.(*Store).Put", 60 << 20},
	{"main.main;example.com/shop/api.Search;encoding/json.Unmarshal", 30 << 20},
	{"main.main", 6 << 20},
	{"example.com/shop/jobs.Refresh", 4 << 20},
}

func TestWidthIsShare(t *testing.T) {
	d, _ := draw(t, Config{Title: "Live heap", Unit: "By"}, seq(shop))
	for name, want := range map[string]struct{ share, row float64 }{
		"all":                                 {1, 1},
		"main.main":                           {0.96, 2},
		"example.com/shop/jobs.Refresh":       {0.04, 2},
		"example.com/shop/cache.(*Store).Put": {0.6, 3},
		"example.com/shop/api.Search":         {0.3, 3},
		"encoding/json.Unmarshal":             {0.3, 4},
	} {
		g := d.find(t, name)
		if math.Abs(g.Rect.Width-d.Width*want.share) > 1 || g.Rect.Y != row*want.row {
			t.Errorf("%s is %.1f wide in row %.0f, want %.1f in %.0f", name, g.Rect.Width, g.Rect.Y/row, d.Width*want.share, want.row)
		}
	}
	put := d.find(t, "example.com/shop/cache.(*Store).Put")
	if put.Title != "example.com/shop/cache.(*Store).Put\n60.0 MiB, 60.0 % of all" {
		t.Errorf("its title is %q", put.Title)
	}
	if put.Text != "cache.(*Store).Put · 60.0 MiB · 60.0 %" || put.Rect.X != 0 {
		t.Errorf("the largest frame says %q at %v", put.Text, put.Rect.X)
	}
	if d.Role != "img" || d.Label != "Live heap: 100 MiB" {
		t.Errorf("a screen reader says %q, role %q", d.Label, d.Role)
	}
}

func TestDiffTellsSignsInText(t *testing.T) {
	d, _ := draw(t, Config{Title: "Growth", Unit: "By", Diff: true}, seq([]stack{
		{"main.main;a.Grow", 60 << 20}, {"main.main;a.Shrink", -30 << 20},
		{"b.Both;b.Up", 5 << 20}, {"b.Both;b.Down", -5 << 20},
	}))
	if d.Label != "Growth: net +30.0 MiB (+65.0 MiB and -35.0 MiB)" {
		t.Errorf("the sum is %q", d.Label)
	}
	fills := map[string]bool{}
	for name, want := range map[string]string{
		"a.Grow": "+ a.Grow · +60.0 MiB · 60.0 %", "a.Shrink": "− a.Shrink · -30.0 MiB · 30.0 %",
		"b.Both": "± b.Both", "main.main": "+ main.main · +30.0 MiB · 90.0 %",
	} {
		g := d.find(t, name)
		if !strings.HasPrefix(g.Text, want) {
			t.Errorf("%s says %q, want %q", name, g.Text, want)
		}
		fills[g.Rect.Fill] = true
	}
	if len(fills) != 3 {
		t.Errorf("growth, shrinkage and neither have the colours %v", fills)
	}
	if both := d.find(t, "b.Both"); both.Title != "b.Both\n0 B, 10.0 % of all changes" {
		t.Errorf("changes that cancel out are titled %q", both.Title)
	}
}

func TestNothingToDraw(t *testing.T) {
	for want, c := range map[string]Config{"Profile: no samples": {}, "Growth: nothing changed": {Title: "Growth", Diff: true}} {
		if d, _ := draw(t, c, seq(nil)); d.Label != want {
			t.Errorf("an empty picture says %q, want %q", d.Label, want)
		}
	}
	if d, _ := draw(t, Config{}, seq([]stack{{"a", 0}, {"b", 5}, {"b", -5}})); len(d.Groups) != 1 {
		t.Errorf("stacks that hold nothing are drawn: %+v", d.Groups)
	}
}

func TestManyBelowOneCallerAreAddedUp(t *testing.T) {
	stacks := []stack{{"c", 180}, {"d", 120}}
	for i := range maxBelow {
		stacks = append(stacks, stack{"a" + strconv.Itoa(i), 185})
	}
	d, _ := draw(t, Config{}, seq(stacks))
	if len(d.Groups) != maxBelow+3 { // first row, all, …
		t.Errorf("%d boxes", len(d.Groups))
	}
	if rest := d.find(t, "frames that are too small to draw"); !strings.HasSuffix(rest.Title, "\n300, 7.5 % of all") {
		t.Errorf("the rest says %q", rest.Title)
	}
}

func TestOrderOfSamplesDoesNotMatter(t *testing.T) {
	stacks := randomStacks(500, 6, 4)
	_, want := draw(t, Config{}, seq(stacks))
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(stacks), func(i, j int) { stacks[i], stacks[j] = stacks[j], stacks[i] })
	if _, got := draw(t, Config{}, seq(stacks)); got != want {
		t.Error("another order gives another picture")
	}
}

func randomStacks(n, depth, functions int) []stack {
	random := rand.New(rand.NewPCG(1, 2))
	stacks := make([]stack, n)
	for i := range stacks {
		frames := make([]string, 1+random.IntN(depth))
		for k := range frames {
			frames[k] = "pkg.f" + strconv.Itoa(random.IntN(functions))
		}
		stacks[i] = stack{strings.Join(frames, ";"), random.Int64N(2001) - 500}
	}
	return stacks
}

// TestLargeTreesStayBounded draws more distinct frames than the tree may hold.
// One site is small in each sample but large as a whole, and has to be found.
func TestLargeTreesStayBounded(t *testing.T) {
	const samples, frames = 20_000, 8
	d, svg := draw(t, Config{}, func(yield func([]string, int64) bool) {
		names := make([]string, frames)
		for i := range samples {
			for k := range names {
				names[k] = fmt.Sprintf("pkg.f%d", i%(1<<(4*k)))
			}
			if !yield(names, 1) || !yield([]string{"leak.Here"}, 1) {
				return
			}
		}
	})
	checkLayout(t, d)
	if leak := d.find(t, "leak.Here"); math.Abs(leak.Rect.Width-d.Width/2) > 1 {
		t.Errorf("half of all is %.1f wide of %.0f", leak.Rect.Width, d.Width)
	}
	if all := d.find(t, "all"); !strings.Contains(all.Title, "40,000, 100.0 %") {
		t.Errorf("folding lost something: %q", all.Title)
	}
	if len(d.Groups) > 2*maxDrawn+5 || len(svg) > 1<<20 {
		t.Errorf("%d boxes in %d bytes", len(d.Groups), len(svg))
	}
}

func TestTreeKeepsItsLimit(t *testing.T) {
	tree := newTree(1000)
	var want int64
	for i, s := range randomStacks(5000, 12, 20) {
		tree.add(strings.Split(s.frames, ";"), s.value)
		if want += s.value; len(tree.nodes) > 1000 || len(tree.byID) != len(tree.nodes)-1 {
			t.Fatalf("after %d stacks: %d nodes, %d found by name", i, len(tree.nodes), len(tree.byID))
		}
	}
	tree.sum()
	if got := tree.nodes[0].total.net; got != float64(want) {
		t.Errorf("the tree holds %v, want %d", got, want)
	}
}

func TestDeepStacksAreCut(t *testing.T) {
	d, _ := draw(t, Config{}, seq([]stack{{strings.Repeat("f;", 500) + "g", 1}}))
	checkLayout(t, d)
	if len(d.Groups) != maxDepth+2 {
		t.Errorf("%d boxes, want %d", len(d.Groups), maxDepth+2)
	}
}

func TestWriteStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	endless := func(yield func([]string, int64) bool) {
		for n := 0; yield([]string{"f"}, 1); n++ {
			if n == 1000 {
				cancel()
			}
		}
	}
	var b bytes.Buffer
	if err := Write(ctx, &b, Config{}, endless); !errors.Is(err, context.Canceled) || b.Len() > 0 {
		t.Errorf("after the end of its context Write returns %v and has written %d bytes", err, b.Len())
	}
}

// checkLayout makes sure that nothing overlaps or sticks out, that each box
// below the first two rows stands below another one, and that texts fit.
func checkLayout(t testing.TB, d drawing) {
	t.Helper()
	const rounding = 0.11
	if len(d.Groups) > 2*maxDrawn+5 || d.Height > (maxDepth+4)*row {
		t.Errorf("%d boxes, height %v", len(d.Groups), d.Height)
	}
	rows := map[float64][]group{}
	for _, g := range d.Groups {
		rows[g.Rect.Y] = append(rows[g.Rect.Y], g)
		switch {
		case g.Rect.X < 0 || g.right() > d.Width+rounding || g.Rect.Y+g.Rect.Height > d.Height || g.Rect.Width < 0:
			t.Errorf("a box sticks out: %+v", g)
		case float64(cells(g.Text))*letter > g.Rect.Width:
			t.Errorf("a text is wider than its box: %+v", g)
		case g.Title == "":
			t.Errorf("a box has no title: %+v", g)
		}
	}
	for y, boxes := range rows {
		slices.SortFunc(boxes, func(a, b group) int { return cmp.Compare(a.Rect.X, b.Rect.X) })
		for i, g := range boxes {
			if i > 0 && g.Rect.X < boxes[i-1].right()-rounding {
				t.Errorf("two boxes overlap: %+v %+v", boxes[i-1], g)
			}
			holds := func(above group) bool {
				return above.Rect.X-rounding <= g.Rect.X && g.right() <= above.right()+rounding
			}
			if y > row && !slices.ContainsFunc(rows[y-row], holds) {
				t.Errorf("a box stands below none: %+v", g)
			}
		}
	}
}

func FuzzWrite(f *testing.F) {
	f.Add("main.main;a.B", int64(5), int64(-5), "Heap", "By", true)
	f.Add(`"/><script>alert(1)</script>;]]>;<!--;&#0;`, int64(math.MinInt64), int64(math.MaxInt64), `" onload="x`, "'", false)
	f.Add("\x00\xff\u202e\ufffe;;\n;世界世界", int64(1), int64(2), "\x00", "1", true)
	f.Fuzz(func(t *testing.T, frames string, one, two int64, title, unit string, diff bool) {
		if strings.Count(frames, ";") > 100 || len(frames) > 1000 {
			return
		}
		d, _ := draw(t, Config{Title: title, Unit: unit, Diff: diff}, seq([]stack{
			{frames, one}, {frames + ";g", two}, {"x;" + frames, 1}, {frames, two / 2},
		}))
		checkLayout(t, d)
	})
}
