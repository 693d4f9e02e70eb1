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
	// overdueLags is the length of a stall in progress that is reported at once.
	overdueLags = time.Second
	// lockWaits is how many goroutines must wait for locks at any time, on
	// average, for the summary to mention it.
	lockWaits = 1
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

// verdict puts a window into words. Of a stall that goes on the cause is not known: those
// of the window are of others.
func (p *Probe) verdict(w Snapshot, f *finding.Finding) {
	p.mu.Lock()
	worst, since := p.recent.worst(w.At.Add(-w.Elapsed)), p.laggingAt
	p.mu.Unlock()
	late, stands := p.late(w), p.stands(w)
	cause, _ := w.causes.worst()
	if stands && !late {
		cause = ""
	}
	if stands && since.IsZero() {
		since = w.At.Add(-w.Overdue)
	}
	f.State, f.Cause = finding.OK, string(cause)
	if late || stands {
		f.State, f.Since = finding.Lagging, since
		f.Advice = "Ask again a second after the stall: its cause is looked for then."
		if cause != "" {
			f.Advice = cause.Advice()
		}
	}
	f.Summary = strings.Join(append(p.sentences(w), stallWords(w, worst, stands)...), " ") + lockWords(w)
	p.accuse(w, f)
}

// accuse adds who is to blame for the latest stall that was captured.
func (p *Probe) accuse(w Snapshot, f *finding.Finding) {
	stall, culprits := p.capture.Load().named(w.At.Add(-w.Elapsed))
	if len(culprits) == 0 {
		return
	}
	f.Culprits = culprits
	f.Summary += fmt.Sprintf(" In that at %s it was %s.", stall.Start.Format(time.TimeOnly), blamed(culprits))
}

// blamed names the first, and who ran beside it where that is no place in the program,
// such as a collection of garbage: who allocates is among them.
func blamed(culprits []finding.Culprit) string {
	const worth = 0.1
	if first := culprits[0]; first.File != "" || len(culprits) == 1 || culprits[1].File == "" || culprits[1].Share < worth {
		return first.Name
	}
	return culprits[0].Name + ", and " + culprits[1].Name + " ran beside it"
}

// sentences say what requests felt.
func (p *Probe) sentences(w Snapshot) (all []string) {
	quantile, over := short(w.Quantile(0.99)), text.Duration(w.Elapsed.Round(time.Second))
	stands := p.stands(w)
	if stands {
		all = append(all, fmt.Sprintf("A stall goes on, for %s so far.", text.Duration(w.Overdue)))
	}
	switch {
	case p.late(w):
		all = append(all, fmt.Sprintf("Ready work waits to run: one request in a hundred for %s or longer, over the last %s.", quantile, over))
	case !stands:
		all = append(all, fmt.Sprintf("Ready work runs soon: within %s for 99 of 100 requests, over the last %s.", quantile, over))
	case p.enough(w):
		all = append(all, fmt.Sprintf("Before it, ready work ran within %s for 99 of 100 requests.", quantile))
	}
	return all
}

// stallWords say what the stalls were that are over, and what most of their time comes
// from.
func stallWords(w Snapshot, worst Stall, stands bool) []string {
	cause, of := w.causes.worst()
	if of.Count == 0 {
		return nil
	}
	var count uint64
	for _, each := range w.causes {
		count += each.Count
	}
	longest := "about " + short(w.Max)
	if worst.Lag >= w.Max*9/10 { // else it was one of those that are not remembered one by one
		longest = short(worst.Lag) + " at " + worst.Start.Format(time.TimeOnly)
	}
	earlier := ""
	if stands {
		earlier = "Earlier: "
	}
	return []string{earlier + text.Count(int(count), "stall") + "; the longest took " + longest + ".", cause.Sentence()}
}

// lockWords mention locks where many wait for them: lag does not see that.
func lockWords(w Snapshot) string {
	if waits := waiting(w); waits >= lockWaits {
		return fmt.Sprintf(" Beside that, %s on average waited for locks: look at the mutex profile.", goroutines(waits))
	}
	return ""
}

// waiting returns how many goroutines waited for locks on average.
func waiting(w Snapshot) float64 {
	if w.Elapsed <= 0 {
		return 0
	}
	return w.MutexWait.Seconds() / w.Elapsed.Seconds()
}

func goroutines(average float64) string {
	if number := text.Number(average); number != "1" {
		return number + " goroutines"
	}
	return "1 goroutine"
}

// short writes a delay with three digits.
func short(d time.Duration) string {
	switch {
	case d >= time.Second-time.Millisecond/2: // what rounds up to the next unit is written in that
		return text.Duration(d)
	case d >= time.Millisecond-time.Microsecond/2:
		return text.Number(d.Seconds()*1e3) + "ms"
	}
	return text.Number(d.Seconds()*1e6) + "µs"
}
