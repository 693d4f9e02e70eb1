package watch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/loop"
	"github.com/govitals/govitals/internal/rtm"
)

const (
	// MaxEffectJobs is how many jobs an [Effects] follows.
	MaxEffectJobs = 16
	// effectRoutes is how many routes it does: those that come first, and others where
	// one had no request at all the points that are kept.
	effectRoutes = 16
)

// EffectsConfig configures an Effects. InFlight or Jobs are needed.
type EffectsConfig struct {
	// InFlight counts the requests, and how long they take.
	// Default: nil, nothing is said about requests.
	InFlight *InFlight
	// Jobs are the jobs whose runs may leave something behind, at most
	// [MaxEffectJobs].
	// Default: none.
	Jobs []*Job
	// Every is how far points are apart, at least 100ms; where the garbage collector
	// runs less often, they are further apart. It takes 32 of them to say something,
	// and 256 are kept. Where the load changes with the hour of the day, shorter
	// distances see too little of it.
	// Default: 5 minutes.
	Every time.Duration
}

// Validate returns an error that names the field that is wrong.
func (c EffectsConfig) Validate() error {
	if i := slices.Index(c.Jobs, nil); i >= 0 {
		return fmt.Errorf("watch: EffectsConfig.Jobs[%d] is nil: leave it out", i)
	}
	switch {
	case c.InFlight == nil && len(c.Jobs) == 0:
		return errors.New("watch: EffectsConfig.InFlight and Jobs are empty: say whose work is to be compared with memory")
	case len(c.Jobs) > MaxEffectJobs:
		return fmt.Errorf("watch: EffectsConfig.Jobs has %d jobs, the first too many is %q: use at most %d", len(c.Jobs), c.Jobs[MaxEffectJobs].config.Name, MaxEffectJobs)
	case c.Every < 0 || c.Every > 0 && c.Every < 100*time.Millisecond:
		return fmt.Errorf("watch: EffectsConfig.Every is %v: use 0 for the default, or at least 100ms", c.Every)
	}
	return nil
}

// Effects compares the work that is done with what memory does. It says which routes
// answer more slowly the more memory is live, and what each request, or each run of a
// job, leaves behind. [NewEffects] makes it, Start has it read. It is a metric.Source
// and a finding.Source.
type Effects struct {
	config  EffectsConfig
	read    func() usageNow
	reading loop.Loop

	mu      sync.Mutex
	points  []effectPoint // at most keptPoints
	routes  [effectRoutes]followedRoute
	ended   map[string]uint64 // requests by route at the last point
	last    usageNow
	total   uint64 // requests at the last point
	judged  []routeEffect
	piles   []pile
	started time.Time
}

// usageNow is what the runtime says at one moment.
type usageNow struct {
	at         time.Time
	live       uint64
	cycles     uint64
	goroutines int
}

// effectPoint is what was measured at one moment, or since the one before.
type effectPoint struct {
	seconds    float64 // since the first
	live       float64 // at its end
	between    float64 // live memory meanwhile
	goroutines float64
	requests   float64 // in all
	load       float64 // requests per second meanwhile
	runs       [MaxEffectJobs]float64
	response   [effectRoutes]responses
}

// responses is how long the requests of a route took meanwhile, in seconds, by measure;
// NaN without requests.
type responses [measures]float64

// The mean sees what makes few requests slow, such as collections of garbage; the
// median is not drowned by a host that gives its processors to others.
const (
	byMean = iota
	byMedian
	measures
)

// NewEffects returns an Effects. It panics if the config makes no sense.
func NewEffects(config EffectsConfig) *Effects {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	if config.Every == 0 {
		config.Every = 5 * time.Minute
	}
	config.Jobs = slices.Clone(config.Jobs) // the slice is the user's
	return &Effects{config: config, read: usageReader()}
}

// usageReader returns a function that asks the runtime. /gc/heap/live:bytes is what
// the latest collection marked.
func usageReader() func() usageNow {
	reader := rtm.NewReader("/gc/heap/live:bytes", "/gc/cycles/total:gc-cycles")
	return func() usageNow {
		now := usageNow{at: time.Now(), goroutines: runtime.NumGoroutine()}
		reader.Read(func(v rtm.Values) { now.live, now.cycles = v.Uint64(0), v.Uint64(1) })
		return now
	}
}

// Start begins to read. The end of ctx has the effect of Close. A second Start, or
// one after Close, is an error.
func (e *Effects) Start(ctx context.Context) error {
	return e.reading.Start(ctx, loop.Config{Name: "watch.Effects", Every: e.config.Every, Wake: atOnce(), Step: e.step})
}

// Close stops reading. It works on the zero value, and any number of times.
func (e *Effects) Close() error { return e.reading.Close() }

// step takes a point if there was a garbage collection since the last one: until then
// live memory is what it was.
func (e *Effects) step(context.Context) {
	now := e.read()
	e.mu.Lock()
	defer e.mu.Unlock()
	if now.cycles == e.last.cycles || !now.at.After(e.last.at) {
		return
	}
	e.take(now)
	if len(e.points) >= fewestPoints {
		e.judge()
	}
}

// take adds a point. The first reading only begins the first interval.
func (e *Effects) take(now usageNow) {
	responses, requests := e.responses()
	before, done := e.last, requests-min(requests, e.total)
	e.last, e.total = now, requests
	if before.at.IsZero() {
		e.started = now.at
		return
	}
	p := effectPoint{
		seconds: now.at.Sub(e.started).Seconds(), live: float64(now.live),
		between: (float64(now.live) + float64(before.live)) / 2, goroutines: float64(now.goroutines),
		requests: float64(requests), load: float64(done) / now.at.Sub(before.at).Seconds(), response: responses,
	}
	for i, j := range e.config.Jobs {
		p.runs[i] = float64(j.ended())
	}
	if len(e.points) == keptPoints {
		e.points = append(e.points[:0], e.points[1:]...)
	}
	e.points = append(e.points, p)
}
