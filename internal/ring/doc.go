// Package ring keeps several series over time, fine for the recent past and
// coarse for the distant one, in fixed memory.
//
//	history := ring.New(2, ring.Tier{Every: time.Second, Buckets: 600}, ring.Tier{Every: time.Minute, Buckets: 1440})
//	history.Add(now, []float32{live, rss})
//	points := history.Since(now.Add(-5 * time.Minute))
//
// A bucket keeps minimum, maximum and last value of each series, so a spike
// that lasted a second is still there after a day.
//
// # Cost
//
// 8 bytes per bucket and 12 per bucket and series, taken at once and never
// more. Add touches one bucket per tier and does not allocate.
//
// # What it cannot see
//
// Averages, and where in its bucket a value lay. Time is counted by the clock
// that Add is given: with values of time.Now a step of the wall clock does not
// tear the series apart, since Go's times carry a monotonic reading.
package ring
