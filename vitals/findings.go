package vitals

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// How much of what a part says is taken over.
const (
	maxFindings = 128 // of one part; a Detector has up to 80
	maxCulprits = 16
	maxHow      = 64
	maxWord     = 64 // bytes of a signal, a unit, a cause
	maxName     = 512
	maxSentence = 4096
)

// Findings implements [finding.Source]: the findings of all signals and parts,
// the worst first. What parts say is made fit to be shown, and cut where it is
// longer than any person would read.
func (v *Vitals) Findings() []finding.Finding {
	v.mu.Lock()
	sources, findings := slices.Clone(v.sources), slices.Concat(v.misuses, v.sizing)
	v.mu.Unlock()
	findings = append(findings, ask(v.detector)...)
	for _, source := range sources {
		findings = append(findings, ask(source)...)
	}
	findings = withoutRepeats(findings)
	v.foresee(findings)
	connect(findings, v.dataGrowth(findings))
	slices.SortStableFunc(findings, byBadness)
	return findings
}

func byBadness(a, b finding.Finding) int {
	switch {
	case a.State.Worse(b.State):
		return -1
	case b.State.Worse(a.State):
		return 1
	}
	return 0
}

// sameMatter are the signals whose growth is the matter of another finding too,
// by its cause: that one knows what is wrong and what to do.
var sameMatter = map[string]string{"finalizers": "backlog", "cleanups": "backlog", "profiler_buckets": "buckets"}

// withoutRepeats leaves out what another finding says better, or has said.
func withoutRepeats(findings []finding.Finding) []finding.Finding {
	said, sized, unprofiled := map[string]bool{}, false, false
	for _, f := range findings {
		if signal := sameMatter[f.Cause]; signal != "" && f.Signal == "heap" {
			said[signal] = true
		}
		sized = sized || f.Signal == "setup" && f.Cause == causeSize && f.State == finding.TooSmall
	}
	return slices.DeleteFunc(findings, func(f finding.Finding) bool {
		repeats := f.Cause == causeProfiling && unprofiled
		unprofiled = unprofiled || f.Cause == causeProfiling
		return said[f.Signal] || repeats || sized && f.Signal == "heap" && f.Cause == causeLimit
	})
}

// The causes of findings of package heap that another one may say better.
const (
	causeLimit     = "limit"
	causeSize      = "size"
	causeProfiling = "profiling_off"
)

// ask returns the findings of a part; one that panics becomes a finding itself.
func ask(source finding.Source) (findings []finding.Finding) {
	defer func() {
		if value := recover(); value != nil {
			findings = []finding.Finding{presentable(finding.Finding{
				Signal: "setup", State: finding.Unknown, Cause: "panic",
				Summary: fmt.Sprintf("Findings of %T panicked: %v.", source, value),
				Advice:  "Mend its Findings method; until then the report leaves it out.",
			})}
		}
	}()
	all := source.Findings()
	for _, f := range all[:min(len(all), maxFindings)] {
		findings = append(findings, presentable(f))
	}
	if rest := len(all) - len(findings); rest > 0 {
		findings = append(findings, finding.Finding{
			Signal: "setup", State: finding.Unknown, Cause: "too_many",
			Summary: fmt.Sprintf("%s of %T left out: %d are shown.", text.Count(rest, "finding"), source, maxFindings),
			Advice:  "Have it report the worst and the number of the others.",
		})
	}
	return findings
}

// presentable drops figures that JSON cannot hold and makes texts fit to be shown
// in a terminal. The names in them come from traffic, from the file system and from
// code that others wrote.
func presentable(f finding.Finding) finding.Finding {
	f.Signal, f.Unit, f.Cause = text.Clean(f.Signal, maxWord), text.Clean(f.Unit, maxWord), text.Clean(f.Cause, maxWord)
	f.Summary, f.Advice = text.Clean(f.Summary, maxSentence), text.Clean(f.Advice, maxSentence)
	if !slices.Contains(finding.States(), f.State) {
		f.State = finding.Unknown
	}
	f.PerHour, f.Low, f.High = finite(f.PerHour), finite(f.Low), finite(f.High)
	f.Since, f.Forecast = writableTime(f.Since), writableForecast(f.Forecast)
	f.Culprits = slices.Clone(f.Culprits[:min(len(f.Culprits), maxCulprits)])
	for i := range f.Culprits {
		c := &f.Culprits[i]
		c.Name, c.File, c.Share = text.Clean(c.Name, maxName), text.Clean(c.File, maxName), finite(c.Share)
	}
	f.How = slices.Clone(f.How[:min(len(f.How), maxHow)])
	for i := range f.How {
		f.How[i] = text.Clean(f.How[i], maxSentence)
	}
	return f
}

func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// writableTime is t if JSON can hold it: the years from 0 to 9999 (time.MarshalJSON).
func writableTime(t time.Time) time.Time {
	if _, err := t.MarshalText(); err != nil {
		return time.Time{}
	}
	return t
}

func writableForecast(f finding.Forecast) finding.Forecast {
	return finding.Forecast{At: writableTime(f.At), Earliest: writableTime(f.Earliest), Latest: writableTime(f.Latest)}
}
