package leakguard

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// culpritsShown is how many culprits of a signal appear in a finding.
const culpritsShown = 3

// finding says what the verdict on the signal is.
func (w *watcher) finding(now time.Time) finding.Finding {
	seen := w.seen()
	switch why := w.broken(now, seen); {
	case why != "":
		return unreadable(w.traits.name, why)
	case len(seen.own) > 0 && seen.verdict.State.Worse(TooEarly):
		return w.ownFinding(seen)
	case seen.verdict.State == finding.Unknown && !seen.judged.IsZero():
		return unreadable(w.traits.name, strings.Join(seen.verdict.Why, "; "))
	case seen.judged.IsZero():
		return finding.Finding{Signal: w.traits.name, State: TooEarly, Summary: title(w.traits.name) + ": no value yet."}
	}
	f := finding.Finding{
		Signal: w.traits.name, State: seen.verdict.State, Unit: w.traits.unit,
		PerHour: seen.verdict.PerHour, Since: seen.verdict.Since, How: seen.verdict.Why,
		Culprits: seen.culprits,
	}
	f.Summary = sentences(f, seen, now)
	f.Advice = advice(f.Signal, f.State)
	return apart(f)
}

// ownFinding is the finding of a signal that judges by itself, with what it says by other
// methods where the finding does not.
func (w *watcher) ownFinding(seen readings) finding.Finding {
	f := seen.own[0]
	f.Signal = cmp.Or(f.Signal, w.traits.name)
	if len(f.Culprits) == 0 {
		f.Culprits = seen.culprits
	}
	return apart(f)
}

// broken says why the signal cannot be read, "" if it can.
func (w *watcher) broken(now time.Time, seen readings) string {
	switch silent := now.Sub(seen.readSince); {
	case silent > max(3*w.every, 2*readTimeout) && w.loop.Running():
		return fmt.Sprintf("its Read, or its Culprits, has not returned for %s", text.Duration(silent))
	case seen.err != nil && !errors.Is(seen.err, ErrNotYet):
		return seen.err.Error()
	}
	return ""
}

func isGrowth(s State) bool { return s == Growing || s == Suspect || s == Leaking }

func unreadable(signal, why string) finding.Finding {
	remedy := "Mend the signal's Read"
	if _, ours := knownSignals[signal]; ours {
		remedy = "It is tried again and again" // there is nothing of the user's to mend
	}
	return finding.Finding{
		Signal: signal, State: finding.Unknown,
		Summary: fmt.Sprintf("%s cannot be read: %s.", title(signal), strings.TrimSuffix(why, ".")),
		Advice:  remedy + "; until then nothing can be said about " + signal + ".",
	}
}

// sentences is the verdict in one to three sentences.
func sentences(f finding.Finding, seen readings, now time.Time) string {
	if !isGrowth(f.State) {
		return movementSentence(f, seen)
	}
	all := []string{growthSentence(f, seen), limitSentence(f, seen, now), blameSentence(f)}
	return strings.Join(strings.Fields(strings.Join(all, " ")), " ")
}

// movementSentence is the sentence "Live memory 12.4 MiB of 512 MiB, +8.1 MiB in 25s".
func movementSentence(f finding.Finding, seen readings) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %s", title(f.Signal), text.Figure(seen.last.Value, f.Unit))
	if seen.last.Limit > 0 {
		fmt.Fprintf(&s, " of %s", text.Figure(seen.last.Limit, f.Unit))
	}
	if elapsed := seen.last.at.Sub(seen.first.at); elapsed > 0 {
		fmt.Fprintf(&s, ", %s in %s", text.Change(seen.last.Value-seen.first.Value, f.Unit), text.Duration(elapsed))
	}
	if f.State == OK {
		s.WriteString("; no lasting growth")
	}
	return s.String() + "."
}

// growthSentence is the sentence "Live memory grows 18 MiB/day since Tue 14:10 and does
// not come back: 41 MiB now."
func growthSentence(f finding.Finding, seen readings) string {
	verb, stay := "grows", " and does not come back"
	if knownSignals[f.Signal].plural {
		verb, stay = "grow", " and do not come back"
	}
	manner := map[State]string{Growing: " and may still level off", Suspect: " as leaks do", Leaking: stay}[f.State]
	since := ""
	if !f.Since.IsZero() {
		since = " since " + moment(f.Since, seen.last.at)
	}
	return fmt.Sprintf("%s %s %s%s%s: %s now.",
		title(f.Signal), verb, rate(f.PerHour, f.Unit), since, manner, text.Figure(seen.last.Value, f.Unit))
}

// limitSentence says when the limit is reached, if that is foreseen.
func limitSentence(f finding.Finding, seen readings, now time.Time) string {
	reached, limit := seen.verdict.ReachesLimit, text.Figure(seen.last.Limit, f.Unit)
	switch {
	case reached.IsZero() || seen.last.Limit == 0: // it may have been taken away since
		return ""
	case seen.last.Value >= seen.last.Limit:
		return fmt.Sprintf("The limit of %s has been reached.", limit)
	case reached.Before(now): // such as live memory, while nothing is collected
		return fmt.Sprintf("At this pace the limit of %s was reached %s; there has been no new value since %s.",
			limit, at(reached, now), moment(seen.last.at, now))
	}
	return fmt.Sprintf("At this pace the limit of %s is reached %s.", limit, at(reached, seen.last.at))
}

// blameSentence names the biggest grower.
func blameSentence(f finding.Finding) string {
	if len(f.Culprits) == 0 {
		return ""
	}
	if first := f.Culprits[0]; first.Share > 0 {
		return fmt.Sprintf("Biggest grower: %s, %.0f %% of the growth.", first.Name, 100*first.Share)
	}
	return fmt.Sprintf("Biggest grower: %s.", f.Culprits[0].Name)
}

// rate writes a growth per hour, or per day or minute where that reads better.
func rate(perHour float64, unit string) string {
	switch size := math.Abs(perHour); {
	case size >= 600*step(unit):
		return text.Figure(round(perHour/60), unit) + "/min"
	case size >= step(unit):
		return text.Figure(round(perHour), unit) + "/h"
	}
	return text.Figure(round(24*perHour), unit) + "/day"
}

// step is the least growth per hour that is worth saying per hour.
func step(unit string) float64 {
	if unit == "By" {
		return 1 << 20
	}
	return 2
}

// round keeps two or three digits, so that 59.99 sessions are 60.
func round(x float64) float64 {
	if math.Abs(x) >= 10 {
		return math.Round(x)
	}
	return math.Round(100*x) / 100
}

// moment writes a time as seen from another one: within a day the hour is
// enough, within a week the day of the week. It is UTC, as all times in sentences.
func moment(t, from time.Time) string {
	t = t.UTC()
	switch distance := t.Sub(from).Abs(); {
	case distance < 18*time.Hour:
		return t.Format("15:04:05")
	case distance < 6*24*time.Hour:
		return t.Format("Mon 15:04")
	}
	return t.Format("2006-01-02")
}

// at is moment with the preposition that goes with it.
func at(t, from time.Time) string {
	if t.Sub(from).Abs() < 18*time.Hour {
		return "at " + moment(t, from)
	}
	return "on " + moment(t, from)
}
