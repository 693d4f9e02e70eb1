package memprof

import "time"

const (
	// MaxSites bounds the sites with a history. Those that hold, or held, the
	// most are kept, so each that holds a 4096th of the heap is among them.
	MaxSites = 4096
	// keptPoints is how many moments the history keeps, the first one included.
	keptPoints = 8
)

// site is the history of one stack.
type site struct {
	hash   uint64
	first  origin
	later  [keptPoints - 1]point // at the moments after the first
	row    int32                 // of the present reading, -1 if there is none
	owner  owner
	isLate bool // what it allocated before it was taken in is not known
}

// origin is where a site stood at the first moment, exactly: what all growth is
// counted from.
type origin struct {
	bytes   int64 // in use
	freed   int64 // bytes, ever
	allocs  int64 // objects, ever
	objects float32
	samples float32
}

// point is what a site held at a later moment. 24 bits are far finer than the
// sampling error.
type point struct {
	bytes   float32
	objects float32
}

func (s *site) start(row *Row) {
	s.first = origin{
		bytes: row.InUseBytes, freed: row.AllocBytes - row.InUseBytes, allocs: row.AllocObjects,
		objects: float32(row.InUseObjects), samples: float32(row.Samples),
	}
}

// moments decides which readings the history keeps. Each is kept until there
// are keptPoints; then every second one is dropped and the step between them
// doubles, so that a bounded number of them covers the whole life, at whatever
// pace readings come.
type moments struct {
	kept []Moment
	step time.Duration // 0: keep each
}

// Moment is when a reading was taken.
type Moment struct {
	// At is its time.
	At time.Time
	// Cycle is that of the Reading, 0 if not known.
	Cycle uint64
}

// isDue reports whether a reading is to be kept: it is nearer to where the next
// moment should be than the reading after it will be, if the pace, the time
// since the reading before, stays. Polling has a jitter.
func (m *moments) isDue(at time.Time, pace time.Duration) bool {
	return len(m.kept) == 0 || at.Sub(m.kept[len(m.kept)-1].At)+pace/2 >= m.step
}

// thin drops every second moment but the first one.
func (m *moments) thin() {
	m.step = 2 * (m.kept[keptPoints-1].At.Sub(m.kept[0].At) / (keptPoints - 1))
	for i := range keptPoints / 2 {
		m.kept[i] = m.kept[2*i]
	}
	m.kept = m.kept[:keptPoints/2]
}

// thin does to the points what moments.thin does to their times. The first
// point is not among them, so those that stay are the second, the fourth, ….
func (s *site) thin() {
	for i := 0; 2*i+1 < len(s.later); i++ {
		s.later[i] = s.later[2*i+1]
	}
}
