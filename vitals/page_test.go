package vitals

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/proc"
	"github.com/govitals/govitals/internal/style"
	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/watch"
)

// longest is the longest report that the page shows: all panels with every point and
// row, more findings than fit, and names as long as real ones.
func longest(now time.Time) Report {
	r := Report{At: now, State: finding.Leaking, Summary: "LEAK LIKELY. " + strings.Repeat("Live memory grows. ", 8), Build: thisBuild()}
	for i := range 14 {
		r.Findings = append(r.Findings, finding.Finding{
			Signal: "heap", State: []finding.State{finding.Leaking, finding.OK, finding.OK}[i%3], Summary: strings.Repeat("What was seen there. ", 5), Advice: "Do what is to be done about it.",
			Culprits: []finding.Culprit{{Name: "example.org/shop/orders.(*Store).keep", File: "/src/store.go", Line: 56, Share: 0.7}},
			How:      []string{"grew 11,284 in 1m 58s, 42 × the residual noise", "no levelling off, no step"},
		})
	}
	for p, name := range []string{"heap", "memory", "growth", "goroutines", "lag", "gc", "labels", "work"} {
		panel := Panel{Name: name, Title: "Title", Unit: "By", Stacked: name == "memory", Sentence: strings.Repeat("A sentence of some words. ", 4), PromQL: []string{"govitals_heap_live_bytes", "govitals_heap_rss_bytes"}}
		for l := range []int{1, 6, 0, 1, 3, 3, 1, 2}[p] {
			points := make([]Point, 480)
			for i := range points {
				value := float64((i*7919+l*104729)%1000) / 10
				points[i] = Point{now.Add(time.Duration(i-480) * 3 * time.Minute), value, value / 2, value * 2}
			}
			panel.Lines = append(panel.Lines, line(fmt.Sprint("line ", l), map[bool]string{true: "s"}[p == 5 || p == 7], points))
		}
		if p == 2 || p == 3 || p > 5 {
			panel.Table = Table{Columns: []string{"site", "place", "count", "change", "oldest"}}
			for range shownRows {
				panel.Table.Rows = append(panel.Table.Rows, []string{"example.org/shop/orders.(*Store).keep", "orders/store.go:56", "1,234", "+1.23 MiB", "1m 2s"})
			}
		}
		r.Panels = append(r.Panels, panel)
	}
	return r
}

func TestTheLongestPageIsLight(t *testing.T) {
	var page strings.Builder
	v := &Vitals{}
	if err := pages.ExecuteTemplate(&page, "page", v.view(longest(time.Now()), timeSpans[0])); err != nil {
		t.Fatal(err)
	}
	sheet, script := style.Size(), len(script)
	t.Logf("page %d, style %d, script %d bytes", page.Len(), sheet, script)
	if script > 4<<10 {
		t.Errorf("the script has %d bytes, want at most 4 KiB", script)
	}
	if all := page.Len() + sheet + script; all > 50<<10 {
		t.Errorf("page, style and script have %d bytes, want at most 50 KiB", all)
	}
}

func TestHistoryKeepsADayInLittleMemory(t *testing.T) {
	h := newPanelHistory(&Vitals{})
	if bytes := h.ring.Bytes(); bytes > 150_000 {
		t.Errorf("the history takes %d bytes, want at most 150,000", bytes)
	}
	var all time.Duration
	for _, tier := range historyTiers {
		all = max(all, tier.Every*time.Duration(tier.Buckets))
	}
	if all < 24*time.Hour {
		t.Errorf("the history reaches back %v, want a day", all)
	}
}

func TestHistoryIsThereWithoutAViewer(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		queue := watch.NewQueue("mail")
		v.Add(queue)
		for range 4 {
			queue.Add()
		}
		time.Sleep(12 * time.Minute)
		for range 3 {
			queue.Add()
		}
		time.Sleep(6 * time.Minute)
		work := panelOf(t, v.panels(time.Now().Add(-24*time.Hour)), "work")
		depth := work.Lines[0]
		if depth.Now != 7 || depth.Min != 4 || len(depth.Points) < 40 {
			t.Errorf("after 18 minutes the queue is %+v with %d points, want 4 to 7", depth, len(depth.Points))
		}
		if span := depth.Points[len(depth.Points)-1].At.Sub(depth.Points[0].At); span < 17*time.Minute || span > 18*time.Minute {
			t.Errorf("the points reach over %v, want 18 minutes", span)
		}
		if recent := panelOf(t, v.panels(time.Now().Add(-5*time.Minute)), "work").Lines[0]; recent.Min != 7 {
			t.Errorf("the last five minutes had %v at least, want 7", recent.Min)
		}
	})
}

func panelOf(t *testing.T, panels []Panel, name string) Panel {
	t.Helper()
	for _, p := range panels {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("there is no panel %s", name)
	return Panel{}
}

func TestPanelsSayWhyTheyAreEmpty(t *testing.T) {
	inBubble(t, Config{NoProbe: true}, func(t *testing.T, v *Vitals) {
		panels := v.panels(time.Time{})
		if len(panels) != 8 {
			t.Fatalf("there are %d panels, want 8", len(panels))
		}
		for _, p := range panels {
			if p.Sentence == "" || p.Title == "" || p.Unit == "" || len(p.PromQL) == 0 {
				t.Errorf("panel %s lacks words: %+v", p.Name, p)
			}
			for _, l := range p.Lines {
				if len(l.Points) > 0 {
					t.Errorf("panel %s has points that nobody asked for", p.Name)
				}
			}
		}
		for name, words := range map[string]string{"lag": "NoProbe", "labels": "Vitals.Add", "work": "Vitals.Add"} {
			if p := panelOf(t, panels, name); !strings.Contains(p.Sentence, words) {
				t.Errorf("panel %s says %q, without %s", name, p.Sentence, words)
			}
		}
		if _, err := json.Marshal(panels); err != nil {
			t.Error(err)
		}
	})
}

// The layers of memory are those of the monitor: together what the runtime holds, and
// what it does not know of.
func TestLayersAddUpToWhatIsHeld(t *testing.T) {
	v, err := Start(t.Context(), Config{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	runtime.GC()
	time.Sleep(1100 * time.Millisecond)
	total := 0.0
	memory := panelOf(t, v.panels(time.Now().Add(-time.Minute)), "memory")
	for _, l := range memory.Lines {
		total += l.Now
	}
	s := v.Monitor().Snapshot()
	want := float64(s.Committed+s.ProfilerBuckets+s.Metadata) + max(0, float64(s.Kernel.OffHeap))
	if len(memory.Lines) != 6 || total < 0.8*want || total > 1.2*want {
		t.Errorf("%d layers add up to %.0f, want about %.0f", len(memory.Lines), total, want)
	}
}

var metricName = regexp.MustCompile(`govitals_[a-z_0-9]+`)

func TestQueriesNameMetricsThatThereAre(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		known := map[string]bool{}
		sources := []metric.Source{v, &heap.Monitor{}, &cardinality.Guard{}, watch.NewQueue("q"), watch.NewInFlight(watch.InFlightConfig{}), watch.NewJob(watch.JobConfig{Name: "j", Every: time.Hour})}
		for _, source := range sources {
			for _, desc := range source.Describe() {
				known[desc.PrometheusName()] = true
				known[desc.PrometheusName()+"_bucket"] = desc.Kind == metric.KindHistogram
			}
		}
		known["govitals_singleflight_calls_total"] = true // of a group, which is generic
		for _, p := range v.panels(time.Time{}) {
			for _, query := range p.PromQL {
				names := metricName.FindAllString(query, -1)
				for _, name := range names {
					if !known[name] {
						t.Errorf("panel %s asks for %s, which nobody exports", p.Name, name)
					}
				}
				if len(names) == 0 {
					t.Errorf("%q names no metric", query)
				}
			}
		}
	})
}

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

// Neither goroutine nor descriptor is left of viewers that poll, of those that leave
// in the middle, and of those that never read.
func TestViewersLeaveNothing(t *testing.T) {
	_, url := serve(t, Config{})
	tag := ""
	view := func(i int) {
		client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
		defer client.CloseIdleConnections()
		format := "live"
		if i < 20 { // more of these have to wait, that is the pace of the gate
			format = []string{"html", "live", "json"}[i%3]
		}
		request, err := http.NewRequest(http.MethodGet, url+"/debug/vitals?format="+format, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("If-None-Match", tag)
		response, err := client.Do(request)
		if err != nil {
			return // it was cut off, which it may
		}
		if now := response.Header.Get("ETag"); now != "" {
			tag = now
		}
		defer response.Body.Close()
		if i%4 == 0 {
			_, _ = io.CopyN(io.Discard, response.Body, 100)
			return
		}
		_, _ = io.Copy(io.Discard, response.Body)
	}
	view(0)
	settle := func() (goroutines, fds int) {
		for range 100 {
			goroutines, fds = runtime.NumGoroutine(), descriptors(t)
			time.Sleep(20 * time.Millisecond)
			if goroutines == runtime.NumGoroutine() && fds == descriptors(t) {
				break
			}
		}
		return goroutines, fds
	}
	goroutines, fds := settle()
	for i := range 200 {
		view(i)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		g, d := settle()
		if g <= goroutines && d <= fds {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("200 viewers leave %d goroutines and %d descriptors", g-goroutines, d-fds)
		}
	}
}

// descriptors are those of this process, 0 where the system does not say.
func descriptors(t *testing.T) int {
	t.Helper()
	n, err := proc.Descriptors()
	if err != nil {
		return 0
	}
	return n
}

func TestHistoryInJSONIsAskedFor(t *testing.T) {
	_, url := serve(t, Config{})
	time.Sleep(10 * time.Millisecond)
	for query, points := range map[string]bool{"": false, "&history=1": true, "&since=10m": true, "&since=" + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339): true} {
		response, body := get(t, url+"/debug/vitals?format=json"+query)
		var report Report
		if err := json.Unmarshal([]byte(body), &report); err != nil || response.StatusCode != 200 {
			t.Fatalf("%s: %s, %v", query, response.Status, err)
		}
		if got := slices.ContainsFunc(report.Panels, func(p Panel) bool { return len(p.Lines) > 0 && len(p.Lines[0].Points) > 0 }); got != points || len(report.Panels) != 8 {
			t.Errorf("%q: %d panels, points %v, want %v", query, len(report.Panels), got, points)
		}
	}
	for _, query := range []string{"format=json&since=soon", "format=json&since=-3m", "range=9y"} {
		if response, body := get(t, url+"/debug/vitals?"+query); response.StatusCode != 400 || !strings.Contains(body, "use") {
			t.Errorf("%s: %s %q, want 400 and what to use", query, response.Status, body)
		}
	}
}

func TestAPollOfTheSameStateIsNotDrawnAgain(t *testing.T) {
	_, url := serve(t, Config{})
	for range 20 { // a step of the history may come between the two
		response, _ := get(t, url+"/debug/vitals?format=live")
		tag := response.Header.Get("ETag")
		if again, _ := get(t, url+"/debug/vitals?format=live", "If-None-Match", tag); tag != "" && again.StatusCode == http.StatusNotModified {
			return
		}
	}
	t.Error("a poll is never answered with 304")
}

func TestHeadline(t *testing.T) {
	for summary, want := range map[string][2]string{
		"LEAK LIKELY. Live memory grows.":            {"LEAK LIKELY", "Live memory grows."},
		"LAGGING, BLOCKED: Ready work waits.":        {"LAGGING, BLOCKED", "Ready work waits."},
		"TOO EARLY to judge growth.":                 {"TOO EARLY", "to judge growth."},
		"JOB STOPPED: refresh last ran 61 days ago.": {"JOB STOPPED", "refresh last ran 61 days ago."},
		"something else":                             {"OK", "something else"},
		"":                                           {"OK", ""},
		"é.":                                         {"OK", "é."},
	} {
		if word, said := headline(summary, finding.OK); word != want[0] || said != want[1] {
			t.Errorf("%q is cut into %q and %q", summary, word, said)
		}
	}
}

func TestPlacesTellNothingOfTheMachine(t *testing.T) {
	for _, c := range []struct {
		function, file string
		line           int
		want           string
	}{
		{"github.com/govitals/govitals/heap.(*Monitor).step", "/home/ann/src/heap/monitor.go", 7, "heap/monitor.go:7"},
		{"net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go", 1, "net/http/server.go:1"},
		{"gopkg.in/yaml%2ev3.Unmarshal", `C:\go\yaml.go`, 3, "gopkg.in/yaml.v3/yaml.go:3"},
		{"example.org/x.F[go.shape.struct { example.org/y.Z }]", "/x/f.go", 2, "example.org/x/f.go:2"},
		{"", "/secret/dir/f.go", 2, "f.go:2"}, {"f", "", 0, ""},
	} {
		if got := place(c.function, c.file, c.line); got != c.want {
			t.Errorf("%s in %s is at %q, want %q", c.function, c.file, got, c.want)
		}
	}
}

func TestNumbersAreCountedOnce(t *testing.T) {
	s := make(partSamples)
	for i := range 3 {
		s["queue.depth"] = append(s["queue.depth"], metric.Sample{LabelValues: []string{"q" + strconv.Itoa(i%2)}, Value: float64(i)})
	}
	if total, ok := s.sum("queue.depth"); !ok || total != 3 {
		t.Errorf("the sum is %v", total)
	}
	if by := s.by("queue.depth"); by["q0"] != 2 || by["q1"] != 1 {
		t.Errorf("by queue %v", by)
	}
}

func BenchmarkLongestPage(b *testing.B) {
	v, report := &Vitals{}, longest(time.Now())
	for b.Loop() {
		if err := pages.ExecuteTemplate(io.Discard, "page", v.view(report, timeSpans[0])); err != nil {
			b.Fatal(err)
		}
	}
}
