package vitals

import (
	"fmt"
	"strings"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// String writes the report as a person reads it in a terminal: the verdict
// line, then one paragraph for each finding, then what is not known. It has no
// escape sequences, whatever names are in it.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", text.Clean(r.Summary, maxSentence))
	for _, f := range r.Findings {
		r.writeFinding(&b, presentable(f))
	}
	for _, line := range r.NotRead {
		fmt.Fprintf(&b, "%-23s %s\n", "not read", text.Clean(line, maxSentence))
	}
	fmt.Fprintf(&b, "%s\n", r.footer())
	return b.String()
}

// footer says when the report was made, by which clock, and of what.
func (r Report) footer() string {
	line := asOf(r.At) + ", as all times here, after " + r.Uptime() + " of watching"
	if build := text.Clean(r.Build.String(), maxName); build != "" {
		line += "; " + build
	}
	return line
}

// Uptime is UptimeSeconds in words.
func (r Report) Uptime() string { return text.Figure(max(finite(r.UptimeSeconds), 0), "s") }

func (r Report) writeFinding(b *strings.Builder, f finding.Finding) {
	fmt.Fprintf(b, "%-10s %-12s %s\n", f.State, f.Signal, f.Summary)
	for _, line := range r.details(f) {
		fmt.Fprintf(b, "%24s%s\n", "", line)
	}
}

// details are the lines below a finding. How it was decided is told of what is
// wrong.
func (r Report) details(f finding.Finding) (lines []string) {
	for _, culprit := range f.Culprits {
		lines = append(lines, describe(culprit))
	}
	if f.Advice != "" {
		lines = append(lines, f.Advice)
	}
	if forecast := r.forecast(f.Forecast); forecast != "" {
		lines = append(lines, forecast)
	}
	if bounds := bounds(f); bounds != "" {
		lines = append(lines, bounds)
	}
	if f.State.Worse(finding.Unknown) {
		for _, how := range f.How {
			lines = append(lines, "how: "+how)
		}
	}
	return lines
}

// bounds is the growth with its interval.
func bounds(f finding.Finding) string {
	if f.PerHour == 0 || f.Low == 0 && f.High == 0 || !isGrowth(f.State) {
		return ""
	}
	figure := func(x float64) string { return text.Figure(rounded(x), f.Unit) }
	return fmt.Sprintf("growth: %s/h, between %s and %s with 95 %% confidence", figure(f.PerHour), figure(f.Low), figure(f.High))
}

// forecast is the line "limit: reached on Sat 03:00, at the earliest …". Without a new
// reading a forecast can be over.
func (r Report) forecast(f finding.Forecast) string {
	if f.IsZero() {
		return ""
	}
	if !f.At.IsZero() && f.At.Before(r.At) {
		return "limit: was to be reached " + moment(f.At, r.At)
	}
	line := "limit: reached " + moment(f.At, r.At)
	if !f.Earliest.IsZero() {
		line += ", at the earliest " + moment(f.Earliest, r.At)
	}
	if !f.Latest.IsZero() {
		line += ", at the latest " + moment(f.Latest, r.At)
	}
	return line
}

func describe(c finding.Culprit) string {
	s := c.Name
	if c.File != "" {
		s += fmt.Sprintf(" (%s:%d)", c.File, c.Line)
	}
	if c.Share != 0 {
		s += fmt.Sprintf(", %.0f %%", 100*c.Share)
	}
	return s
}
