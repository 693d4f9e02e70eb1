package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/govitals/govitals/internal/compare"
	"github.com/govitals/govitals/internal/text"
)

var verdictColours = map[compare.Verdict]string{
	compare.Worse: red, compare.Same: green, compare.CannotTell: yellow,
}

var verdictWords = map[compare.Verdict]string{
	compare.Worse: "WORSE", compare.Same: "same", compare.NotYet: "not yet", compare.NotComparable: "not comparable", compare.Shown: "-",
}

// printResult writes a comparison for a person.
func printResult(to io.Writer, r compare.Result) error {
	p := painting(to)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", p.opening(verdictColours[r.Verdict], text.Clean(r.Summary, 4000)))
	fmt.Fprintf(&b, "canary  %s\nstable  %s\n", party(r.Canary), party(r.Stable))
	if r.ToSeconds > r.FromSeconds {
		of := "of age"
		if r.ByClock {
			of = "of the window"
		}
		fmt.Fprintf(&b, "compared from %s to %s %s", age(r.FromSeconds), age(r.ToSeconds), of)
		if r.Load > 0 {
			fmt.Fprintf(&b, ", with %s times the requests", text.Number(r.Load))
		}
		b.WriteString("\n")
	}
	printMeasures(&b, p, r.Measures)
	printRanked(&b, "more heap now in", "By", sure(r.Sites))
	printRanked(&b, "more series now under", "{series}", r.Labels)
	printRanked(&b, "more goroutines now at", "{goroutine}", r.Creators)
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "\nnote: %s", text.Clean(note, 1000))
	}
	_, err := io.WriteString(to, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

func age(seconds float64) string { return text.Figure(seconds, "s") }

func party(p compare.Party) string {
	words := []string{text.Clean(p.Name, maxSaid)}
	if p.Build != "" {
		words = append(words, text.Clean(p.Build, maxSaid))
	}
	if p.UptimeSeconds > 0 {
		words = append(words, "up "+age(p.UptimeSeconds))
	}
	if p.State != "" {
		words = append(words, "says "+text.Clean(p.State, 40))
	}
	return strings.Join(words, ", ")
}

// printMeasures writes a table. Colours come last: they would count as width.
func printMeasures(b *strings.Builder, p paint, measures []compare.Measure) {
	if len(measures) == 0 {
		return
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\ncompared\tcanary\tstable\tverdict\twhy\n")
	for _, m := range measures {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", m.Title, figure(m, m.Canary), figure(m, m.Stable), verdictWords[m.Verdict], text.Clean(m.Why, 400))
	}
	_ = w.Flush() // into memory
	b.WriteString(strings.ReplaceAll(table.String(), "  WORSE  ", "  "+p.in(red, "WORSE")+"  "))
}

// figure writes a value of a measure.
func figure(m compare.Measure, x float64) string {
	switch {
	case m.Unit == "s":
		return shortTime(x)
	case m.Unit == "1":
		return text.Number(100*x) + " %"
	case strings.HasSuffix(m.Name, "_growth"):
		return text.Change(whole(x, m.Unit), m.Unit) + "/h"
	}
	return text.Figure(whole(x, m.Unit), m.Unit)
}

func whole(x float64, unit string) float64 {
	if unit == "By" {
		return x
	}
	return math.Round(x)
}

// shortTime writes a time with three digits: what is compared may differ in the third.
func shortTime(seconds float64) string {
	switch {
	case seconds >= 60:
		return text.Figure(seconds, "s")
	case seconds >= 0.9995: // what rounds up to the next unit is written in that
		return text.Number(seconds) + "s"
	case seconds >= 0.9995e-3:
		return text.Number(seconds*1e3) + "ms"
	}
	return text.Number(seconds*1e6) + "µs"
}

// shown is how many places of a list a person reads.
const shown = 5

// sure leaves out what the error of the profile can explain.
func sure(list []compare.Difference) (kept []compare.Difference) {
	for _, d := range list {
		if d.Sure {
			kept = append(kept, d)
		}
	}
	return kept
}

func printRanked(b *strings.Builder, title, unit string, list []compare.Difference) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	for _, d := range list[:min(len(list), shown)] {
		fmt.Fprintf(b, "  %10s %4.0f %%  %s: %s against %s\n", text.Change(whole(d.Difference, unit), unit), 100*d.Share,
			text.Clean(d.Name, maxSaid), text.Figure(whole(d.Canary, unit), unit), text.Figure(whole(d.Stable, unit), unit))
	}
}
