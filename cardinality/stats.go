package cardinality

// Stats are the figures of one vec.
type Stats struct {
	// Sets is the number of sets, those of the overflow included but for the one in
	// which all labels show the marker.
	Sets int
	// Limit is how many sets may be admitted: MaxSets or, if that is less, what
	// MaxBytes has room for.
	Limit int
	// Bytes is what the sets hold, by the estimate of BytesPerSet.
	Bytes int64
	// Overflowed counts lookups that were given the T of an overflow.
	Overflowed uint64
	// Misused counts wrong use: a wrong number of values, invalid UTF-8 (but not
	// where the label shows the marker anyway), a value longer than MaxValueLen,
	// and panics in make, in a function of Normalize and in methods of T.
	Misused uint64
	// Demoted counts sets that lost their place to one with more traffic.
	Demoted uint64
	// Promoted counts sets that got a place out of the overflow.
	Promoted uint64
	// Distinct estimates, for each label, how many values it had, within 5 %.
	Distinct []uint64
	// Untold counts trips that OnTrip was not called for, because too many waited.
	Untold uint64
	// Faults counts calls of OnTrip that did not return.
	Faults uint64
}

// Stats returns the figures of now.
func (g *Guard) Stats() Stats {
	g.tick()
	g.mu.Lock()
	defer g.mu.Unlock()
	s := Stats{
		Sets: g.sets + g.shared.sets, Limit: g.limit(), Bytes: g.bytes, Overflowed: g.overflows(), Misused: g.misused.Load(),
		Demoted: g.demoted.Load(), Promoted: g.promoted.Load(), Distinct: g.distinct(),
	}
	s.Untold, s.Faults = g.teller.counts()
	return s
}

func (g *Guard) limit() int {
	return int(min(int64(g.config.maxSets), g.config.maxBytes/g.size(nil, 0)))
}

// Trips returns what is known now about each label that tripped, in the order in
// which they did.
func (g *Guard) Trips() []Trip {
	g.tick()
	g.mu.Lock()
	defer g.mu.Unlock()
	trips := make([]Trip, len(g.news.tripped))
	for n, i := range g.news.tripped {
		trips[n] = g.describe(i)
	}
	return trips
}
