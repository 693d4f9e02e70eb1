package vitals

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
)

// Schema names the form of a [Report] in JSON. Fields may be added to it; a
// change that breaks readers gets another name.
const Schema = "govitals.report/v1"

// Report is what is known about the process, in words and in figures.
type Report struct {
	// Schema is the constant of that name.
	Schema string `json:"schema"`
	// At is when the report was made.
	At time.Time `json:"at"`
	// UptimeSeconds is how long Vitals has been watching.
	UptimeSeconds float64 `json:"uptime_seconds"`
	// State is the worst state among the findings.
	State finding.State `json:"state"`
	// Summary is the verdict line: the state in words and what led to it.
	Summary string `json:"summary"`
	// Findings are all statements, the worst first.
	Findings []finding.Finding `json:"findings"`
}

// Report puts together what is known now. It reads what was gathered before:
// no I/O, no stop-the-world.
func (v *Vitals) Report() Report {
	now := time.Now()
	findings := v.Findings()
	state := finding.Worst(findings)
	return Report{
		Schema: Schema, At: now, UptimeSeconds: now.Sub(v.started).Seconds(),
		State: state, Summary: verdict(state, findings), Findings: findings,
	}
}

// Findings implements [finding.Source]: the findings of all signals and parts,
// the worst first.
func (v *Vitals) Findings() []finding.Finding {
	v.mu.Lock()
	sources := slices.Clone(v.sources)
	findings := slices.Clone(v.misuses)
	v.mu.Unlock()
	findings = append(findings, v.detector.Findings()...)
	for _, source := range sources {
		findings = append(findings, ask(source)...)
	}
	findings = withoutRepeats(findings)
	slices.SortStableFunc(findings, func(a, b finding.Finding) int {
		switch {
		case a.State.Worse(b.State):
			return -1
		case b.State.Worse(a.State):
			return 1
		}
		return 0
	})
	return findings
}

// sameMatter are the signals whose growth is the matter of another finding too,
// by its cause: that one knows what is wrong and what to do.
var sameMatter = map[string]string{"finalizers": "backlog", "cleanups": "backlog", "profiler_buckets": "buckets"}

// withoutRepeats leaves out what another finding says better.
func withoutRepeats(findings []finding.Finding) []finding.Finding {
	said := map[string]bool{}
	for _, f := range findings {
		if signal := sameMatter[f.Cause]; signal != "" && f.Signal == "heap" {
			said[signal] = true
		}
	}
	return slices.DeleteFunc(findings, func(f finding.Finding) bool { return said[f.Signal] })
}

// ask returns the findings of a part; one that panics becomes a finding itself.
func ask(source finding.Source) (findings []finding.Finding) {
	defer func() {
		if value := recover(); value != nil {
			findings = []finding.Finding{{
				Signal: "setup", State: finding.Unknown, Cause: "panic",
				Summary: fmt.Sprintf("Findings of %T panicked: %v.", source, value),
				Advice:  "Mend its Findings method; until then the report leaves it out.",
			}}
		}
	}()
	findings = slices.Clone(source.Findings())
	for i := range findings {
		findings[i] = writable(findings[i])
	}
	return findings
}

// writable drops figures that JSON cannot hold.
func writable(f finding.Finding) finding.Finding {
	f.PerHour = finite(f.PerHour)
	f.Culprits = slices.Clone(f.Culprits)
	for i := range f.Culprits {
		f.Culprits[i].Share = finite(f.Culprits[i].Share)
	}
	return f
}

func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// summed is how many findings the verdict line repeats.
const summed = 3

// verdict writes the verdict line. Its beginning names the state in words. Where
// something is wrong only that is said; else what people look at first.
func verdict(state finding.State, sorted []finding.Finding) string {
	line := []string{opening[state]}
	said := filter(sorted, func(f finding.Finding) bool { return f.State == state })
	if state == finding.OK || state == finding.TooEarly {
		said = filter(sorted, func(f finding.Finding) bool { return f.Signal != "setup" })
		slices.SortStableFunc(said, func(a, b finding.Finding) int { return cmp.Compare(interest(a), interest(b)) })
	}
	for _, f := range said[:min(summed, len(said))] {
		line = append(line, f.Summary)
	}
	return strings.Join(line, " ")
}

func filter(findings []finding.Finding, keep func(finding.Finding) bool) (kept []finding.Finding) {
	for _, f := range findings {
		if keep(f) {
			kept = append(kept, f)
		}
	}
	return kept
}

// interest is the rank at which a healthy signal is mentioned: memory and
// goroutines, then what the user added, then the rest of what is built in.
func interest(f finding.Finding) int {
	switch f.Signal {
	case "heap":
		return 0
	case "goroutines":
		return 1
	case "rss", "threads", "fds", "stacks", "backlog", "buckets":
		return 3
	}
	return 2
}

var opening = map[finding.State]string{
	finding.OK:       "HEALTHY.",
	finding.TooEarly: "TOO EARLY to judge growth.",
	finding.Unknown:  "NOT KNOWN.",
	finding.Growing:  "GROWING.",
	finding.Suspect:  "LEAK SUSPECTED.",
	finding.Leaking:  "LEAK.",
	finding.Lagging:  "LAGGING.",
	finding.Stopped:  "STOPPED.",
	finding.Exploded: "EXPLODED.",
	finding.TooSmall: "TOO SMALL.",
}
