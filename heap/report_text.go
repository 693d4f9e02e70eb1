package heap

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// text writes the report for a terminal.
func (r report) text() string {
	var b strings.Builder
	if r.Verdict != "" {
		fmt.Fprintf(&b, "%s. %s\n\n", r.heading(), r.Verdict)
	}
	r.writeOwners(&b)
	b.WriteString("\n")
	r.writeGrowth(&b)
	b.WriteString("\n" + r.Snapshot.String())
	if r.Advice != "" {
		fmt.Fprintf(&b, "\nright size\n%s\n", indent(r.Advice))
	}
	r.writeFindings(&b)
	r.writeCaptures(&b)
	b.WriteString(hints)
	r.writeMoments(&b)
	return b.String()
}

// heading is the state as a person reads it: TOO SMALL.
func (r report) heading() string { return strings.ToUpper(inWords(r.State)) }

func inWords(s finding.State) string { return strings.ReplaceAll(s.String(), "_", " ") }

// label is what stands before a finding.
func label(f finding.Finding) string {
	if isNote(f) {
		return "note"
	}
	return inWords(f.State)
}

// clock writes a time. Those of captures come in UTC, from their names.
func clock(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05") + " UTC" }

func (r report) writeOwners(b *strings.Builder) {
	b.WriteString("memory by owner\n")
	for _, o := range r.Owners {
		fmt.Fprintf(b, "  %-9s %9s %-24s %s\n", o.Name, text.Bytes(o.Bytes), bar(o.Bytes, r.largest()), o.Meaning)
	}
}

func (r report) writeGrowth(b *strings.Builder) {
	fmt.Fprintf(b, "who grew (%s)\n", r.growthSpan())
	for i, g := range r.Growth {
		fmt.Fprintf(b, "%4d. %s\n      %s:%d\n      %s\n", i+1, g.Func, g.File, g.Line, g)
	}
	if len(r.Growth) == 0 {
		fmt.Fprintf(b, "  %s\n", r.noGrowth())
	}
	if r.Own > 0 {
		fmt.Fprintf(b, "  (govitals itself holds %s; it is left out)\n", text.Bytes(r.Own))
	}
}

// noGrowth says why nobody is named.
func (r report) noGrowth() string {
	switch {
	case r.Unread != "":
		return r.Unread
	case r.Readings < 2:
		return "too early: two readings from different garbage collections are needed"
	}
	return "nothing changed by a sampled object"
}

func (r report) writeFindings(b *strings.Builder) {
	for _, f := range r.Findings {
		if f.Summary != r.Verdict {
			fmt.Fprintf(b, "\n%s: %s\n", label(f), f.Summary)
		}
		if f.Advice != "" {
			fmt.Fprintf(b, "\n%s\n", f.Advice)
		}
	}
}

func (r report) writeCaptures(b *strings.Builder) {
	if len(r.Captures) == 0 {
		return
	}
	b.WriteString("\ncaptures on disk\n")
	for _, c := range r.Captures {
		fmt.Fprintf(b, "  %s  %-12s %9s  ?capture=%s\n", clock(c.At), c.Reason, text.Bytes(uint64(c.Bytes)), c.ID)
	}
}

// writeMoments says what since= takes besides the start.
func (r report) writeMoments(b *strings.Builder) {
	for _, m := range r.Moments {
		if m.ID != baselineID {
			fmt.Fprintf(b, "  since=%-50s what came since %s\n", m.ID, clock(m.At))
		}
	}
}

const hints = `
go on
  go tool pprof http://HOST/debug/heap                     who holds what
  go tool pprof 'http://HOST/debug/heap?since=baseline'    what came on top since the start
  http://HOST/debug/heap?since=baseline&format=svg         the same as a picture
  curl 'http://HOST/debug/heap?format=yaml'                requests and limits for Kubernetes
`

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ")
}

// writeMarkdown writes the report for an incident ticket.
func (r report) writeMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## Heap at %s\n\n", clock(r.Snapshot.At))
	if r.Verdict != "" {
		fmt.Fprintf(&b, "**%s.** %s\n\n", r.heading(), text.Markdown(r.Verdict))
	}
	b.WriteString("| memory | | |\n|---|---:|---|\n")
	for _, o := range r.Owners {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", o.Name, text.Bytes(o.Bytes), o.Meaning)
	}
	fmt.Fprintf(&b, "\nWho grew (%s):\n\n", r.growthSpan())
	for i, g := range r.Growth {
		fmt.Fprintf(&b, "%d. %s (%s:%d): %s\n", i+1, text.MarkdownCode(g.Func), text.Markdown(g.File), g.Line, g)
	}
	if len(r.Growth) == 0 {
		b.WriteString(text.Markdown(r.noGrowth()) + ".\n")
	}
	fmt.Fprintf(&b, "\n```\n%s```\n", r.Snapshot)
	_, err := io.WriteString(w, b.String())
	return err
}
