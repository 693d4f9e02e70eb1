package cardinality

import "time"

// news is what happened lately, for those who ask.
type news struct {
	tripped    []int // labels that tripped, in order
	admitted   int   // sets made in this epoch
	history    [newsEpochs]newsEpoch
	length     int           // epochs in history
	overflowed time.Duration // when a lookup that overflowed was last seen
}

type newsEpoch struct {
	admitted int
	lasted   time.Duration
}

// newsEpochs is how many epochs growth is judged by: four times Retention.
const newsEpochs = 4 * epochs

// roll ends an epoch.
func (n *news) roll(lasted time.Duration) {
	copy(n.history[1:], n.history[:newsEpochs-1])
	n.history[0] = newsEpoch{n.admitted, lasted}
	n.length = min(n.length+1, newsEpochs)
	n.admitted = 0
}

// quietAfter is how long nothing may overflow until an explosion is over.
const quietAfter = 10 * time.Minute

// quiet reports whether nothing has overflowed for a good while.
func (n *news) quiet(now time.Duration) bool { return now-n.overflowed > quietAfter }

// growth returns how many sets per hour are added, 0 unless they have been added
// all the time and do not get fewer: in a healthy metric new sets become rare.
func (n *news) growth() (perHour float64) {
	if n.length < newsEpochs {
		return 0
	}
	busy := 0
	for _, e := range n.history {
		if e.admitted > 0 {
			busy++
		}
	}
	late, early := rate(n.history[:epochs]), rate(n.history[epochs:])
	if busy < newsEpochs*3/4 || late < early*3/4 {
		return 0
	}
	return late
}

func rate(history []newsEpoch) (perHour float64) {
	var admitted int
	var lasted time.Duration
	for _, e := range history {
		admitted += e.admitted
		lasted += e.lasted
	}
	return float64(admitted) / lasted.Hours()
}
