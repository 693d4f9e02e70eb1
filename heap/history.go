package heap

import (
	"encoding/json"
	"math"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/ring"
)

// HistoryPoint is what was seen within one stretch of time.
type HistoryPoint struct {
	// At is when the stretch begins.
	At time.Time `json:"at"`
	// Seconds is how long it is.
	Seconds float64 `json:"seconds"`
	// Live, Committed, Stacks and Goal are those of Stats.
	Live      Range `json:"live"`
	Committed Range `json:"committed"`
	Stacks    Range `json:"stacks"`
	Goal      Range `json:"goal"`
	// RSS and OffHeap are those of Kernel.
	RSS     Range `json:"rss"`
	OffHeap Range `json:"off_heap"`
	// Limit is the lowest limit in force.
	Limit Range `json:"limit"`
	// GCShare is that of Cycle, from 0 to 1.
	GCShare Range `json:"gc_share"`
}

// Range is what a figure did within a stretch of time: its lowest (Min), highest
// (Max) and last value (Last). All three are NaN if it was not known; in JSON
// that is null.
type Range struct {
	Min  float32 `json:"min"`
	Max  float32 `json:"max"`
	Last float32 `json:"last"`
}

// Known reports whether there was a value.
func (r Range) Known() bool { return !math.IsNaN(float64(r.Last)) }

// MarshalJSON implements [json.Marshaler]: JSON has no NaN.
func (r Range) MarshalJSON() ([]byte, error) {
	if !r.Known() {
		return []byte("null"), nil
	}
	type plain Range
	return json.Marshal(plain(r))
}

// UnmarshalJSON implements [json.Unmarshaler].
func (r *Range) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		unknown := float32(math.NaN())
		*r = Range{unknown, unknown, unknown}
		return nil
	}
	type plain Range
	return json.Unmarshal(text, (*plain)(r))
}

// The order of the series in the ring.
const (
	seriesLive = iota
	seriesCommitted
	seriesStacks
	seriesGoal
	seriesRSS
	seriesOffHeap
	seriesLimit
	seriesGCShare
	seriesCount
)

// historyTiers keep ten minutes by two seconds, three hours by twenty and a day by
// three minutes, in 137,280 bytes: a chart draws fewer points than that.
var historyTiers = [...]ring.Tier{
	{Every: 2 * time.Second, Buckets: 300},
	{Every: 20 * time.Second, Buckets: 540},
	{Every: 3 * time.Minute, Buckets: 480},
}

// history is the ring with its lock, so that whoever copies it for a chart does
// not keep a scrape waiting.
type history struct {
	mu   *sync.Mutex
	ring *ring.Ring
}

func newHistory() history {
	return history{mu: new(sync.Mutex), ring: ring.New(seriesCount, historyTiers[:]...)}
}

func (h history) add(s *Snapshot) {
	known := func(value float64, ok bool) float32 {
		if !ok {
			return float32(math.NaN())
		}
		return float32(value)
	}
	limit, limited := s.Limit()
	var values [seriesCount]float32
	values[seriesLive] = known(float64(s.Live), s.Cycles > 0)
	values[seriesCommitted] = float32(s.Committed)
	values[seriesStacks] = float32(s.Stacks)
	values[seriesGoal] = float32(s.Goal)
	values[seriesRSS] = known(float64(s.Kernel.RSS), s.Kernel.RSS > 0)
	values[seriesOffHeap] = known(float64(s.Kernel.OffHeap), s.Kernel.RSS > 0)
	values[seriesLimit] = known(float64(limit.Bytes), limited)
	values[seriesGCShare] = known(s.Cycle.GCShare, s.Cycle.Count > 0)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ring.Add(s.At, values[:])
}

// History returns what was seen after the given time, the oldest first, as a
// copy fit for drawing; the zero time asks for all. It has one resolution, the
// finest that reaches so far back: ten minutes by two seconds, three hours by
// twenty, a day by three minutes, at most 540 points. Points keep minimum and
// maximum, so a spike of a second is not lost. Times in which nothing was read
// are left out.
func (m *Monitor) History(since time.Time) []HistoryPoint {
	if m.past.ring == nil {
		return nil
	}
	m.past.mu.Lock()
	points := m.past.ring.Since(since)
	m.past.mu.Unlock()
	all := make([]HistoryPoint, len(points))
	for i, p := range points {
		of := func(series int) Range { return Range(p.Series[series]) }
		all[i] = HistoryPoint{
			At: p.At, Seconds: p.Every.Seconds(),
			Live: of(seriesLive), Committed: of(seriesCommitted), Stacks: of(seriesStacks), Goal: of(seriesGoal),
			RSS: of(seriesRSS), OffHeap: of(seriesOffHeap), Limit: of(seriesLimit), GCShare: of(seriesGCShare),
		}
	}
	return all
}
