package compare

import "time"

// Side is what is known of one of the two. What is not known is 0 or nil.
type Side struct {
	// Name is what the user calls it: an address, a file.
	Name string
	// Build is the program and its version in a few words.
	Build string
	// State and Summary are its own verdict.
	State, Summary string
	// At is when it said so, Started when it began to watch.
	At, Started time.Time
	// Uptime and WarmUp are ages in seconds. With ByClock, WarmUp is the moment when the
	// warm-up ended, as Age of a point.
	Uptime, WarmUp float64
	// HasFigures is false for a report of a version that had none.
	HasFigures bool
	// HasRequests is true where requests were counted.
	HasRequests bool
	// Series is the latest number of series.
	Series float64
	// ByClock says that Age of its points counts from a moment that both sides share,
	// and not from the beginning of the process.
	ByClock bool
	// Points are the figures over its age, the oldest first.
	Points []Point
	// Sites hold heap, Creators started goroutines, Labels have values.
	Sites    []Place
	Creators []Place
	Labels   []Place
}

// Point is what was known at one age. Counters are totals, latencies those of what
// ended since the point before.
type Point struct {
	// Age is the age in seconds.
	Age float64 `json:"uptime_seconds"`
	// CPU is the processor time, in seconds.
	CPU float64 `json:"cpu_seconds"`
	// Collections is how many garbage collections have ended.
	Collections float64 `json:"collections"`
	// Requests is how many requests have ended.
	Requests float64 `json:"requests"`
	// Failed is how many of them failed.
	Failed float64 `json:"failed"`
	// Live is the live heap, the lowest since the point before, as are the next three.
	Live float64 `json:"live_bytes"`
	// RSS is the resident memory.
	RSS float64 `json:"rss_bytes"`
	// Goroutines is how many there are.
	Goroutines float64 `json:"goroutines"`
	// Series is how many metric series there are.
	Series float64 `json:"series"`
	// P50 is the median latency in seconds.
	P50 float64 `json:"p50"`
	// P90 is what nine in ten did not exceed.
	P90 float64 `json:"p90"`
	// P99 is what 99 in 100 did not exceed.
	P99 float64 `json:"p99"`
	// Max is the longest.
	Max float64 `json:"max"`
}

// Place is something with a name, and how much of it there is.
type Place struct {
	// Name is the function or the label, Value how much there is.
	Name string `json:"name"`
	// Value: see Name.
	Value float64 `json:"value"`
	// Low and High are the bounds of Value where it is an estimate, else 0.
	Low  float64 `json:"low,omitzero"`
	High float64 `json:"high,omitzero"`
}
