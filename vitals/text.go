package vitals

import (
	"fmt"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// String writes the report as a person reads it in a terminal: the verdict
// line, then one paragraph for each finding.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", r.Summary)
	for _, f := range r.Findings {
		writeFinding(&b, f)
	}
	fmt.Fprintf(&b, "as of %s, after %s of watching\n", r.At.UTC().Format(time.RFC3339), r.Uptime())
	return b.String()
}

// Uptime is UptimeSeconds in words.
func (r Report) Uptime() string {
	return text.Duration(time.Duration(r.UptimeSeconds * float64(time.Second)))
}

func writeFinding(b *strings.Builder, f finding.Finding) {
	fmt.Fprintf(b, "%-10s %-12s %s\n", f.State, f.Signal, f.Summary)
	for _, culprit := range f.Culprits {
		fmt.Fprintf(b, "%24s%s\n", "", describe(culprit))
	}
	if f.Advice != "" {
		fmt.Fprintf(b, "%24s%s\n", "", f.Advice)
	}
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

// Markdown writes the report for an incident ticket.
func (r Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\n| signal | state | what was seen |\n|---|---|---|\n", r.Summary)
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "| %s | %s | %s %s |\n", f.Signal, f.State, f.Summary, f.Advice)
	}
	for _, f := range r.Findings {
		for _, c := range f.Culprits {
			fmt.Fprintf(&b, "\n- %s: %s", f.Signal, describe(c))
		}
	}
	fmt.Fprintf(&b, "\n\nAs of %s, after %s of watching.\n", r.At.UTC().Format(time.RFC3339), r.Uptime())
	return b.String()
}
