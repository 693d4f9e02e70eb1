package memprof

import "time"

// Reading says when a profile was read.
type Reading struct {
	// At is the time of the reading.
	At time.Time
	// Cycle numbers the garbage collection that the profile shows, from 1. Two
	// readings of one cycle count once. 0 means not known.
	Cycle uint64
	// Live is the live heap at that cycle in bytes, 0 if not known.
	Live uint64
}

// Tracker keeps a bounded history of the sites of a Reader and ranks them by
// how steadily they grow. The zero value is ready. Step must not run twice at a
// time; Publish, Top and Total must not run at the same time as each other.
type Tracker struct {
	now, first Reading
	pace       time.Duration // time between the two latest readings
	rate       int
	moments    moments
	sites      []site
	untracked  Untracked
	own        int64 // bytes in use by this library
	firstOwn   int64

	weakest   []int32 // scratch: the sites as a heap, the least important on top
	growing   best    // scratch
	shrinks   best    // scratch
	next      view    // what Step computed
	shown     view    // what Publish made visible
	series    [maxPoints]float64
	hours     [maxPoints]float64
	isSeated  bool // the present reading is the newest one that is kept
	isPartial bool // some stacks were left without a history
}

// Step takes in what the Reader read. A reading of the same cycle as the one
// before, or not later than it, replaces that one. A changed sampling rate
// starts the history anew, since older samples cannot be compared; Step then
// returns false.
func (t *Tracker) Step(r *Reader, reading Reading) bool {
	isSame := t.rate == 0 || t.rate == r.Rate()
	if !isSame {
		t.forget()
	}
	t.rate = r.Rate()
	isRepeat := len(t.moments.kept) > 0 && (!reading.At.After(t.now.At) || reading.Cycle > 0 && reading.Cycle == t.now.Cycle)
	if isRepeat {
		reading.At = t.now.At
		if len(t.moments.kept) == 1 && t.isSeated {
			t.forget() // the history begins with the repeated reading
		}
	}
	t.pace = reading.At.Sub(t.now.At)
	t.now = reading
	t.match(r)
	t.admit(r)
	t.keep(r, isRepeat)
	t.rank(r)
	return isSame
}

// forget drops the history, and keeps its memory.
func (t *Tracker) forget() {
	t.moments = moments{kept: t.moments.kept[:0]}
	t.sites, t.isPartial = t.sites[:0], false
}

// match finds the row of each site.
func (t *Tracker) match(r *Reader) {
	rows := r.Rows()
	for i := range t.sites {
		s := &t.sites[i]
		s.row = -1
		if row, _ := r.table.find(s.hash); row >= 0 {
			s.row, rows[row].tracked = int32(row), true
		}
	}
}

// rowOf returns the row of a site, an empty one where the stack is gone: it
// holds nothing, and freed what it held.
func (t *Tracker) rowOf(s *site, rows []Row) Row {
	if s.row >= 0 {
		return rows[s.row]
	}
	return Row{Hash: s.hash, record: -1, AllocBytes: s.first.freed + s.first.bytes, AllocObjects: s.first.allocs}
}

// keep adds the reading to the history if it is due, or replaces the newest
// point of the history if it is a repetition of that.
func (t *Tracker) keep(r *Reader, isRepeat bool) {
	m := &t.moments
	if !isRepeat || len(m.kept) == 0 {
		if t.isSeated = m.isDue(t.now.At, t.pace); t.isSeated {
			t.makeRoom()
			m.kept = append(m.kept, Moment{At: t.now.At})
		}
	}
	if !t.isSeated {
		return
	}
	m.kept[len(m.kept)-1].Cycle = t.now.Cycle // of a repetition too
	at := len(m.kept) - 2                     // in site.later
	if at < 0 {
		t.first = t.now
		return
	}
	rows := r.Rows()
	for i := range t.sites {
		row := t.rowOf(&t.sites[i], rows)
		t.sites[i].later[at] = point{bytes: float32(row.InUseBytes), objects: float32(row.InUseObjects)}
	}
}

// makeRoom thins a full history.
func (t *Tracker) makeRoom() {
	if t.moments.kept == nil {
		t.moments.kept = make([]Moment, 0, keptPoints)
	}
	if len(t.moments.kept) < keptPoints {
		return
	}
	t.moments.thin()
	for i := range t.sites {
		t.sites[i].thin()
	}
}

// rank computes what Publish will show: the sites that grew, the best ranked
// first, then those that shrank, the worst last. Sites that did neither are
// kept as well, with room left, since their stacks are gone once a replayed
// site is.
func (t *Tracker) rank(r *Reader) {
	t.growing.reset(maxGrowing)
	t.shrinks.reset(maxShrinking)
	rows, hours := r.Rows(), t.timeline()
	t.own = 0
	for i := range t.sites {
		row := t.rowOf(&t.sites[i], rows)
		if t.isOwn(r, &t.sites[i]) {
			t.own = sum(t.own, row.InUseBytes)
			continue
		}
		t.consider(int32(i), &row, hours)
	}
	if len(t.moments.kept) == 1 && t.isSeated {
		t.firstOwn = t.own
	}
	t.compose(r)
}

func (t *Tracker) consider(i int32, row *Row, hours []float64) {
	switch growth := row.InUseBytes - t.sites[i].first.bytes; {
	case growth < 0:
		t.shrinks.add(pick{score: -float64(growth), site: i})
	case growth == 0: // below all that grew
		t.growing.add(pick{score: -1, weight: float64(row.InUseBytes), site: i})
	default:
		slope, monotonic := slopeOf(hours, t.seriesOf(&t.sites[i], row))
		t.growing.add(pick{score: score(growth, slope, monotonic), weight: float64(growth), site: i})
	}
}

// timeline returns the moments of the history and the present one, in hours
// since the first.
func (t *Tracker) timeline() []float64 {
	hours := t.hours[:0]
	for _, m := range t.moments.kept {
		hours = append(hours, m.At.Sub(t.first.At).Hours())
	}
	if !t.isSeated {
		hours = append(hours, t.now.At.Sub(t.first.At).Hours())
	}
	return hours
}

// seriesOf returns what a site held at these moments.
func (t *Tracker) seriesOf(s *site, row *Row) []float64 {
	series := append(t.series[:0], float64(s.first.bytes))
	for _, p := range s.later[:len(t.moments.kept)-1] {
		series = append(series, float64(p.bytes))
	}
	if !t.isSeated {
		series = append(series, float64(row.InUseBytes))
	}
	return series
}
