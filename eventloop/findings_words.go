package eventloop

import (
	"fmt"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// lockWaits is how many goroutines must wait for locks at any time, on average, for the
// summary to mention it.
const lockWaits = 1

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
		longest = short(worst.Lag) + " at " + worst.Start.UTC().Format(time.TimeOnly)
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

// goroutines writes how many there are on average.
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

// blamed names the first, and who ran beside it where that is no place in the program,
// such as a collection of garbage: who allocates is among them.
func blamed(culprits []finding.Culprit) string {
	const worth = 0.1
	if first := culprits[0]; first.File != "" || len(culprits) == 1 || culprits[1].File == "" || culprits[1].Share < worth {
		return first.Name
	}
	return culprits[0].Name + ", and " + culprits[1].Name + " ran beside it"
}
