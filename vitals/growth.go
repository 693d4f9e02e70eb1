package vitals

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/leakguard"
)

// culpritsShown is how many culprits of a signal appear in a finding.
const culpritsShown = 3

// finding says how the signal has moved since it was first read.
func (w *watcher) finding(now time.Time) finding.Finding {
	seen := w.seen()
	switch silent := now.Sub(seen.readSince); {
	case silent > max(3*w.every, 2*readTimeout) && w.loop.Running():
		return unreadable(w.name, fmt.Sprintf("its Read has not returned for %s", text.Duration(silent)))
	case seen.err != nil && !errors.Is(seen.err, errNotYet):
		return unreadable(w.name, seen.err.Error())
	case seen.count == 0:
		return finding.Finding{Signal: w.name, State: finding.TooEarly, Summary: title(w.name) + ": no reading yet."}
	}
	return finding.Finding{
		Signal: w.name, State: finding.TooEarly, Unit: w.unit(),
		Summary:  movement(w.name, w.unit(), seen),
		Culprits: w.culprits(),
		How: []string{fmt.Sprintf("%s since %s; this version measures growth and does not judge it",
			text.Count(seen.count, "reading"), seen.first.at.UTC().Format(time.RFC3339))},
	}
}

func unreadable(signal, why string) finding.Finding {
	return finding.Finding{
		Signal: signal, State: finding.Unknown,
		Summary: fmt.Sprintf("%s cannot be read: %s.", title(signal), strings.TrimSuffix(why, ".")),
		Advice:  "Mend the signal's Read; until then nothing can be said about " + signal + ".",
	}
}

// movement is the sentence "Live memory is 12.4 MiB of 512 MiB, +8.1 MiB in 25s".
func movement(signal, unit string, seen readings) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %s", title(signal), text.Figure(seen.last.Value, unit))
	if seen.last.Limit > 0 {
		fmt.Fprintf(&s, " of %s", text.Figure(seen.last.Limit, unit))
	}
	if elapsed := seen.last.at.Sub(seen.first.at); elapsed > 0 {
		fmt.Fprintf(&s, ", %s in %s", text.Change(seen.last.Value-seen.first.Value, unit), text.Duration(elapsed))
	}
	return s.String() + "."
}

// title is how a sentence begins that is about the signal.
func title(signal string) string {
	if signal == "heap" {
		return "Live memory"
	}
	return strings.ToUpper(signal[:1]) + signal[1:]
}

// culprits asks the signal whose fault it is, if it can say.
func (w *watcher) culprits() (culprits []finding.Culprit) {
	blamer, ok := w.signal.(leakguard.Blamer)
	if !ok {
		return nil
	}
	defer func() {
		if value := recover(); value != nil {
			w.logger.Warn("govitals: Culprits panicked", "signal", w.name, "panic", value)
			culprits = nil
		}
	}()
	return blamer.Culprits(culpritsShown)
}
