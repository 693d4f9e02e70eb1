package eventloop

import (
	"fmt"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

const (
	signal = "eventloop"
	// enoughTime and enoughRequests are how much the ticks must stand for before
	// their 99th percentile is worth a verdict.
	enoughTime     = 5 * time.Second
	enoughRequests = 40
	// overdueLags is the least length of a stall in progress that is reported.
	overdueLags = time.Second
)

// Findings implements [finding.Source]. The process is Lagging if one request in a
// hundred waited for Config.StallThreshold or longer within the last minute, or if
// nothing has run for a second now, or for Config.StallThreshold if that is longer.
func (p *Probe) Findings() []finding.Finding {
	if err := p.idle(); err != nil {
		return []finding.Finding{{
			Signal: signal, State: finding.Unknown,
			Summary: fmt.Sprintf("Nothing is known about scheduling delay: the probe does not run, %v.", err),
			Advice:  "Call Start of eventloop.Probe, and Close at the end of the program.",
		}}
	}
	w := p.window()
	f := finding.Finding{Signal: signal, How: p.how(w)}
	if !p.enough(w) && !p.lags(w) {
		f.State = finding.TooEarly
		f.Summary = fmt.Sprintf("Too early to speak of scheduling delay: %s.", text.Count(int(w.Ticks), "tick"))
		return []finding.Finding{f}
	}
	p.verdict(w, &f)
	return []finding.Finding{f}
}

// enough reports whether a window has enough ticks for a verdict.
func (p *Probe) enough(w Snapshot) bool {
	return w.Count() >= enoughRequests && time.Duration(w.Count())*p.config.Period >= enoughTime
}

// lags reports whether ready work waits too long.
func (p *Probe) lags(w Snapshot) bool {
	return p.late(w) || p.stands(w)
}

// stands reports whether a stall goes on that is worth a word.
func (p *Probe) stands(w Snapshot) bool { return w.Overdue >= p.longestWait() }

// longestWait is the length from which on a stall in progress is reported.
func (p *Probe) longestWait() time.Duration { return max(overdueLags, p.config.StallThreshold) }

// late reports whether it did so over the whole window.
func (p *Probe) late(w Snapshot) bool {
	return p.enough(w) && w.Quantile(0.99) >= p.config.StallThreshold
}

// judge notes since when the process lags. Without a stall it does not, and that is
// known without looking at the window.
func (p *Probe) judge() {
	if p.calm() {
		return
	}
	w := p.window()
	lags := p.lags(w)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !lags:
		p.laggingAt = time.Time{}
	case p.laggingAt.IsZero():
		p.laggingAt = p.recent.first(w.At.Add(-w.Elapsed))
	}
}

// calm reports whether the process did not lag when it was looked at last, and no
// stall is remembered since longer than the window.
func (p *Probe) calm() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	longest := (historySize + 1) * historyEvery
	return p.laggingAt.IsZero() && p.recent.first(time.Now().Add(-longest)).IsZero()
}

// verdict puts a window into words.
func (p *Probe) verdict(w Snapshot, f *finding.Finding) {
	p.mu.Lock()
	worst, since := p.recent.worst(w.At.Add(-w.Elapsed)), p.laggingAt
	p.mu.Unlock()
	stands := p.stands(w)
	if stands && since.IsZero() {
		since = w.At.Add(-w.Overdue)
	}
	f.State = finding.OK
	if p.lags(w) {
		f.State, f.Since = finding.Lagging, since
		f.Advice = "Ask again a second after the stall: its cause is looked for then."
	}
	f.Summary = strings.Join(append(p.sentences(w), stallWords(w, worst, stands)...), " ") + lockWords(w)
	if !stands || p.late(w) { // else all that is known is of stalls before that which goes on
		p.blame(w, f)
	}
}

// blame adds the cause of the stalls in a window, and who is to blame for the latest one
// that was captured.
func (p *Probe) blame(w Snapshot, f *finding.Finding) {
	if cause, _ := w.causes.worst(); cause != "" {
		f.Cause = string(cause)
		if f.State == finding.Lagging {
			f.Advice = cause.Advice()
		}
	}
	if stall, culprits := p.capture.Load().named(w.At.Add(-w.Elapsed)); len(culprits) > 0 {
		f.Culprits = culprits
		f.Summary += fmt.Sprintf(" In that at %s it was %s.", stall.Start.UTC().Format(time.TimeOnly), blamed(culprits))
	}
}
