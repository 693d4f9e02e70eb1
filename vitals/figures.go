package vitals

// Figures are what two processes are compared by: the command govitals compare
// reads them out of the report. What is not known is left out, never 0.
type Figures struct {
	// UptimeSeconds is how long Vitals has been watching.
	UptimeSeconds float64 `json:"uptime_seconds"`
	// WarmUpSeconds is the age before which nothing is kept: caches fill then.
	WarmUpSeconds float64 `json:"warm_up_seconds"`
	// CPUSeconds is the processor time that the process has used.
	CPUSeconds float64 `json:"cpu_seconds,omitzero"`
	// Procs is how many processors Go may use.
	Procs int `json:"procs,omitzero"`
	// Requests is what a watch.InFlight among the parts has counted, nil
	// without one.
	Requests *RequestFigures `json:"requests,omitempty"`
	// LiveBytes is the heap that the latest collection found reachable.
	LiveBytes uint64 `json:"live_bytes,omitzero"`
	// RSSBytes is the resident memory.
	RSSBytes uint64 `json:"rss_bytes,omitzero"`
	// Collections is how many garbage collections have ended.
	Collections uint64 `json:"collections,omitzero"`
	// Goroutines is how many there are.
	Goroutines int `json:"goroutines,omitzero"`
	// Series is how many metric series there are, where a signal of that name
	// counts them.
	Series float64 `json:"series,omitzero"`
	// History is the same over the age of the process, from warm-up on, the
	// oldest first: at most 120 points, dense where the process was young
	// and in the latest hour.
	History []FigurePoint `json:"history,omitempty"`
	// Sites are the functions that hold the most heap, at most 50.
	Sites []SiteFigure `json:"sites,omitempty"`
	// Creators are the functions that were started with go and have the most
	// goroutines, at most 50.
	Creators []PlaceFigure `json:"creators,omitempty"`
	// Labels are the labels with the most values, as metric{label}, at most 50.
	Labels []PlaceFigure `json:"labels,omitempty"`
}

// RequestFigures is what has ended since the process began, without health checks;
// Latency begins with the end of the warm-up.
type RequestFigures struct {
	// Total is how many requests ended, Failed how many of them with an error or
	// a panic.
	Total uint64 `json:"total"`
	// Failed: see Total.
	Failed uint64 `json:"failed"`
	// Latency is how long they took.
	Latency LatencyFigures `json:"latency"`
}

// LatencyFigures are quantiles in seconds, upper edges of buckets that are 4.4 %
// wide; all are left out where Count is 0.
type LatencyFigures struct {
	// Count is how many requests they are of.
	Count uint64 `json:"count"`
	// P50, P90 and P99 are the times that a share of the requests did not exceed.
	P50 float64 `json:"p50,omitzero"`
	// P90: see P50.
	P90 float64 `json:"p90,omitzero"`
	// P99: see P50.
	P99 float64 `json:"p99,omitzero"`
	// Max is the longest.
	Max float64 `json:"max,omitzero"`
}

// FigurePoint is what was known at an age of the process. Counters are totals;
// levels are the lowest since the point before, for what is still there then was
// not garbage and no burst.
type FigurePoint struct {
	// UptimeSeconds is that age.
	UptimeSeconds float64 `json:"uptime_seconds"`
	// CPUSeconds, Collections, Requests and Failed are totals.
	CPUSeconds float64 `json:"cpu_seconds,omitzero"`
	// Collections: see CPUSeconds.
	Collections uint64 `json:"collections,omitzero"`
	// Requests: see CPUSeconds.
	Requests uint64 `json:"requests,omitzero"`
	// Failed: see CPUSeconds.
	Failed uint64 `json:"failed,omitzero"`
	// LiveBytes, RSSBytes, Goroutines and Series are levels.
	LiveBytes uint64 `json:"live_bytes,omitzero"`
	// RSSBytes: see LiveBytes.
	RSSBytes uint64 `json:"rss_bytes,omitzero"`
	// Goroutines: see LiveBytes.
	Goroutines int `json:"goroutines,omitzero"`
	// Series: see LiveBytes.
	Series float64 `json:"series,omitzero"`
	// P50, P90, P99 and Max are the latencies, in seconds, of what ended since the
	// point before. Where points were joined all but Max are averages over requests.
	P50 float64 `json:"p50,omitzero"`
	// P90: see P50.
	P90 float64 `json:"p90,omitzero"`
	// P99: see P50.
	P99 float64 `json:"p99,omitzero"`
	// Max: see P50.
	Max float64 `json:"max,omitzero"`
}

// SiteFigure is a function that allocates, with all calls in it.
type SiteFigure struct {
	// Name is the function.
	Name string `json:"name"`
	// File and Line are where it allocates most.
	File string `json:"file,omitzero"`
	// Line: see File.
	Line int `json:"line,omitzero"`
	// Bytes is what it holds, an estimate from samples; Low and High hold the true
	// size with a confidence of 95 %.
	Bytes int64 `json:"bytes"`
	// Low: see Bytes.
	Low int64 `json:"low"`
	// High: see Bytes.
	High int64 `json:"high"`
	// PerHour is by how much it grows, left out where that is not known, GrowthLow
	// and GrowthHigh its bounds.
	PerHour float64 `json:"per_hour,omitzero"`
	// GrowthLow: see PerHour.
	GrowthLow float64 `json:"growth_low,omitzero"`
	// GrowthHigh: see PerHour.
	GrowthHigh float64 `json:"growth_high,omitzero"`
}

// PlaceFigure is how many of something there are at a place.
type PlaceFigure struct {
	// Name is the place: the function that was started with go, or metric{label}.
	Name string `json:"name"`
	// Count is how many there are.
	Count float64 `json:"count"`
}
