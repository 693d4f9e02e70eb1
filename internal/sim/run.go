package sim

import (
	"time"

	"github.com/govitals/govitals/finding"
)

// Detector is what is put to the test.
type Detector interface {
	// Add takes in a point.
	Add(at time.Time, value, load float64)
	// Regime says that the level of the next point is not that of the last.
	Regime()
	// Restart says that the next point is of a new process.
	Restart()
	// Judge returns the state, and bounds of the growth per hour.
	Judge() (state finding.State, low, high float64)
}

// Every is the time between two questions to a detector.
const Every = 15 * time.Minute

// Outcome is what a detector said about one life.
type Outcome struct {
	Life Life // without its points
	// Growing, Suspect and Leaking are when the detector first said this or
	// something worse: after the onset of the leak, or the start of a healthy
	// life. Never is below zero.
	Growing, Suspect, Leaking time.Duration
	// GrowingLate says that it said so of a healthy life that had been level for
	// 12 hours: after its warm-up, and that after each restart.
	GrowingLate bool
	// Covered and Asked count the questions at which the interval held the true
	// rate: in lives that leak steadily, from 12 hours after the onset, when
	// the state was Growing or worse.
	Covered, Asked int
}

// Never is the time of what did not happen.
const Never time.Duration = -1

// Run plays a life to a detector.
func Run(life Life, d Detector) Outcome {
	o := Outcome{Life: life, Growing: Never, Suspect: Never, Leaking: Never}
	o.Life.Points = nil
	next := start.Add(Every)
	for _, p := range life.Points {
		if p.New != Nothing {
			o.Life.Settled = o.Life.Settled.Add(p.At.Sub(o.Life.Started))
			o.Life.Started = p.At
		}
		switch p.New {
		case Regime:
			d.Regime()
		case Restart:
			d.Restart()
		}
		d.Add(p.At, p.Value, p.Load)
		if p.At.Before(next) {
			continue
		}
		next = next.Add(Every)
		o.ask(p.At, d)
	}
	return o
}

func (o *Outcome) ask(at time.Time, d Detector) {
	state, low, high := d.Judge()
	rank := ranks[state]
	if o.Life.Leak > 0 && at.Before(o.Life.Onset) {
		return
	}
	since := at.Sub(start)
	if o.Life.Leak > 0 {
		since = at.Sub(o.Life.Onset)
	}
	for i, first := range []*time.Duration{&o.Growing, &o.Suspect, &o.Leaking} {
		if rank > i && *first == Never {
			*first = since
		}
	}
	if rank == 0 {
		return
	}
	o.GrowingLate = o.GrowingLate || o.Life.Leak == 0 && at.After(o.Life.Settled.Add(12*time.Hour))
	if o.Life.Steady && o.Life.Leak > 0 && since >= 12*time.Hour {
		o.Asked++
		if low <= o.Life.PerHour && o.Life.PerHour <= high {
			o.Covered++
		}
	}
}

// ranks are how bad the states of growth are; all others are 0.
var ranks = map[finding.State]int{finding.Growing: 1, finding.Suspect: 2, finding.Leaking: 3}
