package vitals

import (
	"fmt"
	"strings"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// Markdown writes the report for an incident ticket: the verdict, a table of all
// findings, and for each that is wrong the evidence. Names in it cannot become
// markup, links or HTML.
func (r Report) Markdown() string {
	var b strings.Builder
	findings := make([]finding.Finding, len(r.Findings))
	for i, f := range r.Findings {
		findings[i] = presentable(f)
	}
	fmt.Fprintf(&b, "**%s**\n\n| signal | state | what was seen |\n|---|---|---|\n", escape(r.Summary, maxSentence))
	for _, f := range findings {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", text.Markdown(f.Signal), text.Markdown(f.State.String()), text.Markdown(f.Summary))
	}
	for _, f := range findings {
		if f.State.Worse(finding.Unknown) {
			r.writeEvidence(&b, f)
		}
	}
	writeList(&b, "Not read", r.NotRead)
	footer := r.footer()
	fmt.Fprintf(&b, "\n%s.\n", escape(capitalised(footer), len(footer)))
	return b.String()
}

func escape(s string, most int) string { return text.Markdown(text.Clean(s, most)) }

// writeEvidence writes what is known about something that is wrong.
func (r Report) writeEvidence(b *strings.Builder, f finding.Finding) {
	fmt.Fprintf(b, "\n### %s: %s\n", text.Markdown(f.Signal), text.Markdown(f.State.String()))
	if f.Advice != "" {
		fmt.Fprintf(b, "\n%s\n", text.Markdown(f.Advice))
	}
	if len(f.Culprits) > 0 {
		b.WriteString("\nWho:\n\n")
	}
	for _, c := range f.Culprits {
		fmt.Fprintf(b, "- %s\n", text.MarkdownCode(describe(c)))
	}
	var figures []string
	for _, line := range []string{bounds(f), r.forecast(f.Forecast)} {
		if line != "" {
			figures = append(figures, line)
		}
	}
	writeList(b, "Figures", figures)
	writeList(b, "How this was decided", f.How)
}

func writeList(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n\n", title)
	for _, line := range lines {
		fmt.Fprintf(b, "- %s\n", escape(line, maxSentence))
	}
}
