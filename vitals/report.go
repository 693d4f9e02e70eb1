package vitals

import (
	"io"
	"time"

	"github.com/govitals/govitals/finding"
)

// Schema names the form of a [Report] in JSON. Fields may be added to it, and
// states to finding.State; a change that breaks readers gets another name. See
// docs/REPORT.md.
const Schema = "govitals.report/v1"

// Report is what is known about the process, in words and in figures.
type Report struct {
	// Schema is the constant of that name.
	Schema string `json:"schema"`
	// At is when the report was made.
	At time.Time `json:"at"`
	// UptimeSeconds is how long Vitals has been watching.
	UptimeSeconds float64 `json:"uptime_seconds"`
	// Build says which program it is.
	Build Build `json:"build"`
	// State is the worst state among the findings.
	State finding.State `json:"state"`
	// Summary is the verdict line: the state in words and what led to it.
	Summary string `json:"summary"`
	// Findings are all statements, the worst first.
	Findings []finding.Finding `json:"findings"`
	// NotRead lists what could not be read, and why: about it nothing is known.
	NotRead []string `json:"not_read,omitempty"`
	// Panels are the charts of the page, without their points.
	Panels []Panel `json:"panels,omitempty"`
	// Figures are what two processes are compared by.
	Figures *Figures `json:"figures,omitempty"`
}

// Report puts together what is known now. It reads what was gathered before, but for
// Figures: every ten seconds at most, these take the profiles of the heap and of the
// goroutines, and the latter stops the world for a moment. There is no I/O.
func (v *Vitals) Report() Report {
	return v.full(time.Time{})
}

// full is the report with the points of its panels after since, the zero time for none.
func (v *Vitals) full(since time.Time) Report {
	r, s := v.words(), v.sight(since)
	r.Panels, r.Figures = s.panels(), v.figures(s.parts)
	return r
}

// words is the report without what only pictures and programs need: it is also
// written when next to no memory is left.
func (v *Vitals) words() Report {
	now := time.Now()
	findings := v.Findings()
	return Report{
		Schema: Schema, At: now, UptimeSeconds: now.Sub(v.started).Seconds(), Build: v.build,
		State: finding.Worst(findings), Summary: v.outlook(now, findings).line(), Findings: findings,
		NotRead: v.notRead(findings),
	}
}

// writeMarkdown writes what goes into a ticket, and with a capture.
func (v *Vitals) writeMarkdown(w io.Writer) error {
	_, err := io.WriteString(w, v.words().Markdown())
	return err
}
