package vitals

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/proc"
)

// figuring keeps what two processes are compared by. It holds about 40 KiB.
type figuring struct {
	mu       sync.Mutex
	history  history
	observed time.Time
	taken    latencies // as of the latest point
	warm     latencies // as of the end of warm-up
	isWarm   bool
	rows     rows
}

// figureEvery is the least time between two points.
func (c Config) figureEvery() time.Duration { return c.stepInterval() }

// warmUp is the age before which nothing is kept: ten minutes, or as many
// resolutions as that is.
func (c Config) warmUp() time.Duration { return max(10*c.resolution(), 10*time.Second) }

// observe adds a point if it is time for one.
func (f *figuring) observe(v *Vitals, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.observed) < v.config.figureEvery()*9/10 {
		return
	}
	f.observed = now
	age := now.Sub(v.started)
	if age < v.config.warmUp() {
		return
	}
	served := v.served()
	p := v.point(age, &served)
	if f.isWarm {
		p.take(served.latency.sub(&f.taken))
	} else {
		f.isWarm, f.warm = true, served.latency
	}
	f.taken = served.latency
	f.history.add(p)
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
	if l.count() > 0 {
		p.P50, p.P90, p.P99, p.Max = l.quantile(0.5), l.quantile(0.9), l.quantile(0.99), l.quantile(1)
	}
}

// history is a bounded number of points over all of a life. The latest are kept as they
// are, to be compared with what another process did at the same time. Of the others,
// when it is full, the one that is missed least is joined with the next: so they lie as
// dense as the age at which they were taken asks for, and a young process can be
// compared with what an old one was at its age.
type history struct{ points []FigurePoint }

func (h *history) add(p FigurePoint) {
	h.points = append(h.points, p)
	if len(h.points) > maxFigurePoints {
		h.thin()
	}
}

// thin joins the point that is missed least with the one after it.
func (h *history) thin() {
	least, at := math.Inf(1), 1
	for i := 1; i < len(h.points)-recentPoints; i++ {
		gap := (h.points[i+1].UptimeSeconds - h.points[i-1].UptimeSeconds) / h.points[i+1].UptimeSeconds
		if gap < least {
			least, at = gap, i
		}
	}
	h.points[at+1] = joined(h.points[at-1], h.points[at], h.points[at+1])
	h.points = slices.Delete(h.points, at, at+1)
}

// joined is one point for two that follow each other, and a point before both.
func joined(before, a, b FigurePoint) FigurePoint {
	inA, inB := float64(a.Requests-before.Requests), float64(b.Requests-a.Requests)
	b.P50, b.P90 = average(a.P50, inA, b.P50, inB), average(a.P90, inA, b.P90, inB)
	b.P99 = average(a.P99, inA, b.P99, inB)
	b.Max = max(a.Max, b.Max)
	b.LiveBytes, b.RSSBytes = lowest(a.LiveBytes, b.LiveBytes), lowest(a.RSSBytes, b.RSSBytes)
	b.Goroutines, b.Series = lowest(a.Goroutines, b.Goroutines), lowest(a.Series, b.Series)
	return b
}

// average weighs two values, of which 0 is not known.
func average(a, weightA, b, weightB float64) float64 {
	switch {
	case a == 0 || weightA <= 0:
		return b
	case b == 0 || weightB <= 0:
		return a
	}
	return (a*weightA + b*weightB) / (weightA + weightB)
}

// lowest is the lower of two values, of which 0 is not known.
func lowest[T cmp.Ordered](a, b T) T {
	var unknown T
	if a == unknown || b != unknown && b < a {
		return b
	}
	return a
}
