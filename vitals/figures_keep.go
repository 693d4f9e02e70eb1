package vitals

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/proc"
)

// compared keeps what two processes are compared by. It holds about 40 KiB.
type compared struct {
	mu      sync.Mutex
	history figureHistory
	next    time.Time // when to add a point
	taken   latencies // as of the latest point
	warm    latencies // as of the end of warm-up
	isWarm  bool

	sites    []SiteFigure
	creators []PlaceFigure
	nextRows time.Time // when to read these two again
}

const (
	// rowsEvery is the least age at which sites and creators are read again, and
	// rowsDuty how much longer than the reading took.
	rowsEvery = 10 * time.Second
	rowsDuty  = 1000
)

// warmUp is the age before which nothing is kept: ten minutes, or as many
// resolutions as that is.
func (c Config) warmUp() time.Duration { return max(10*c.resolution(), 10*time.Second) }

// observeFigures adds a point to the history if it is time for one.
func (v *Vitals) observeFigures(now time.Time) {
	c := &v.compared
	c.mu.Lock()
	defer c.mu.Unlock()
	age := now.Sub(v.started)
	if !isDue(&c.next, now, v.config.stepInterval()) || age < v.config.warmUp() {
		return
	}
	served := v.served()
	p := v.point(age, &served)
	if c.isWarm {
		p.take(served.latency.sub(&c.taken))
	} else {
		c.isWarm, c.warm = true, served.latency
	}
	c.taken = served.latency
	c.history.add(p)
}

// point reads the process.
func (v *Vitals) point(age time.Duration, served *served) FigurePoint {
	p := FigurePoint{UptimeSeconds: age.Seconds(), Requests: served.total, Failed: served.failed, Goroutines: runtime.NumGoroutine()}
	if cpu, err := proc.CPUTime(); err == nil {
		p.CPUSeconds = cpu.Seconds()
	}
	now := v.monitor.Snapshot()
	p.Collections, p.RSSBytes = now.Cycles, now.Kernel.RSS
	if now.Cycles > 0 {
		p.LiveBytes = now.Live
	}
	p.Series = v.series()
	return p
}

// take puts the latencies of a stretch into its point.
func (p *FigurePoint) take(l latencies) {
	f := l.figures()
	p.P50, p.P90, p.P99, p.Max = f.P50, f.P90, f.P99, f.Max
}

// figures returns what the process is compared by, as of now. The dearer parts of it
// are at most ten seconds old.
func (v *Vitals) figures(parts partSamples) *Figures {
	now := time.Now()
	v.observeFigures(now)
	served := v.served()
	p := v.point(now.Sub(v.started), &served)
	labels := v.labelFigures(parts, p.Series)

	c := &v.compared
	c.mu.Lock()
	defer c.mu.Unlock()
	v.readRows(now)
	all := &Figures{
		UptimeSeconds: p.UptimeSeconds, WarmUpSeconds: v.config.warmUp().Seconds(),
		CPUSeconds: p.CPUSeconds, Procs: runtime.GOMAXPROCS(0), LiveBytes: p.LiveBytes, RSSBytes: p.RSSBytes,
		Collections: p.Collections, Goroutines: p.Goroutines, Series: p.Series,
		History: slices.Clone(c.history.points), Sites: c.sites, Creators: c.creators, Labels: labels,
	}
	if served.known {
		since := served.latency
		if c.isWarm {
			since = since.sub(&c.warm)
		}
		all.Requests = &RequestFigures{Total: served.total, Failed: served.failed, Latency: since.figures()}
	}
	return all
}

// readRows reads sites and creators again if they are old. The slices that were
// handed out before stay as they are. The caller holds compared.mu.
func (v *Vitals) readRows(now time.Time) {
	if now.Before(v.compared.nextRows) {
		return
	}
	begin := time.Now()
	v.compared.sites, v.compared.creators = v.siteFigures(), creatorFigures()
	v.compared.nextRows = now.Add(max(rowsEvery, rowsDuty*time.Since(begin)))
}
