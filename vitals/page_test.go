package vitals

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/style"
	"github.com/govitals/govitals/metric"
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
	if all := page.Len() + sheet + script; all > 50_000 {
		t.Errorf("page, style and script have %d bytes, want at most 50 KB", all)
	}
}

// What ends the process first leads the line, though something else is worse in name.
func TestFactsAreOfWhatTheVerdictBeginsWith(t *testing.T) {
	r := Report{At: noon, State: finding.Leaking, Findings: []finding.Finding{pile, with(leaking, finding.Suspect, 40*time.Minute)}}
	r.Summary = outlook{now: noon, findings: r.Findings}.line()
	page := new(Vitals).view(r, timeSpans[0])
	isEnd := func(f fact) bool { return f.Name == "Limit reached in" && f.Words == "40m" }
	if !strings.HasPrefix(page.Said, "Live memory") || !slices.ContainsFunc(page.Facts, isEnd) {
		t.Errorf("%q has the facts %+v", page.Said, page.Facts)
	}
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
