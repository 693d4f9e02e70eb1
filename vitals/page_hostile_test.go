package vitals

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
)

// hostileNames are what somebody may have chosen to break a page.
var hostileNames = []string{
	`"><script>alert(1)</script>`, `'><img src=x onerror=alert(1)>`, "</title></svg><style>*{}</style>", "]]>--><!--", "\x1b[31m\x00\x7f\u202e", "{{.}}", "javascript:alert(1)", strings.Repeat("W", 5000),
}

// hostileSource says something bad about a name, in findings and in figures.
type hostileSource struct{ name string }

func (h hostileSource) Findings() []finding.Finding {
	return []finding.Finding{{
		Signal: "jobs", State: finding.Stopped, Summary: h.name, Advice: h.name, Cause: h.name, Unit: h.name, PerHour: 1, How: []string{h.name}, Since: time.Now(),
		Culprits: []finding.Culprit{{Name: h.name, File: h.name, Line: 1, Share: 1}},
	}}
}

func (hostileSource) Describe() []metric.Desc { return nil }

func (h hostileSource) Collect(emit func(metric.Sample)) {
	for _, name := range []string{"queue.depth", "job.overdue", "cardinality.sets", "pool.in_use"} {
		emit(metric.Sample{Desc: metric.Desc{Name: name, Labels: []string{"l"}}, LabelValues: []string{h.name}, Value: 1})
	}
	emit(metric.Sample{Desc: metric.Desc{Name: "singleflight.calls", Labels: []string{"a", "b"}}, LabelValues: []string{h.name, h.name}, Value: 1})
	emit(metric.Sample{Desc: metric.Desc{Name: "cardinality.distinct_estimate", Labels: []string{"a", "b"}}, LabelValues: []string{h.name, h.name}, Value: 1})
}

// skeleton is the markup of a page without its words: elements and the names of their
// attributes.
func skeleton(t *testing.T, page string) string {
	t.Helper()
	page = strings.Map(func(r rune) rune { // XML holds less than HTML, and these are no markup
		if r != '\n' && unicode.IsControl(r) || r >= 0xFFFE && r <= 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(page, ""))
	decoder := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(page, "<!DOCTYPE html>")))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var b strings.Builder
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatalf("%v in a page of %d bytes", err, len(page))
		}
		switch e := token.(type) {
		case xml.StartElement:
			fmt.Fprintf(&b, "<%s", e.Name.Local)
			for _, a := range e.Attr {
				if a.Name.Local != "class" { // a name that is a number stands to the right
					fmt.Fprintf(&b, " %s", a.Name.Local)
				}
			}
			b.WriteString(">")
		case xml.Comment:
			b.WriteString("<!-- -->")
		}
	}
}

func renderHostile(t *testing.T, name string) string {
	t.Helper()
	now := time.Unix(1_800_000_000, 0)
	source := hostileSource{name}
	v := &Vitals{}
	r := Report{At: now, State: finding.Stopped, Panels: []Panel{
		{Name: "heap", Lines: []Line{line(name, "", []Point{{At: now.Add(-time.Hour), Value: 1}, {At: now, Value: 2}})}},
		{Name: "lag", Title: name, Lines: []Line{line(name, "s", []Point{{At: now.Add(-time.Hour), Value: 1}, {At: now, Value: 2}})}},
		{Name: "growth", Sentence: name, Table: Table{Columns: []string{"site", "place"}, Rows: [][]string{{name, name}}}},
	}}
	r.Findings, r.Summary = source.Findings(), "STOPPED. ("+name+")"
	r.NotRead, r.Build.Program = []string{name}, name
	parts := partSamples{}
	source.Collect(func(s metric.Sample) { parts[s.Desc.Name] = append(parts[s.Desc.Name], s) })
	sight := &sight{v: v, now: now, parts: parts}
	r.Panels = append(r.Panels, sight.labels(), sight.work())
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, "page", v.view(r, timeSpans[0])); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNamesMakeNoMarkup(t *testing.T) {
	want := skeleton(t, renderHostile(t, "harmless"))
	for _, name := range hostileNames {
		if got := skeleton(t, renderHostile(t, name)); got != want {
			t.Errorf("the name %.60q changes the page: %d bytes of markup, want %d", name, len(got), len(want))
		}
	}
}

func FuzzNamesInThePage(f *testing.F) {
	for _, name := range hostileNames {
		f.Add(name)
	}
	want := ""
	f.Fuzz(func(t *testing.T, name string) {
		if want == "" {
			want = skeleton(t, renderHostile(t, "harmless"))
		}
		if name == "" {
			return // nothing is shown
		}
		if got := skeleton(t, renderHostile(t, name)); got != want {
			t.Errorf("the name %q changes the page: %d bytes of markup, want %d", name, len(got), len(want))
		}
	})
}
