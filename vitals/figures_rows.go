package vitals

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/memprof"
	goroutines "github.com/govitals/govitals/internal/stacks"
	"github.com/govitals/govitals/metric"
)

const (
	// rowsEvery is the least age at which sites and creators are read again, and
	// rowsDuty how much longer than the reading took.
	rowsEvery = 10 * time.Second
	rowsDuty  = 1000
	// maxStacks is how many stacks are looked up for their functions.
	maxStacks = 1000
)

// rows is what is dear to read.
type rows struct {
	sites    []SiteFigure
	creators []PlaceFigure
	read     time.Time
	pause    time.Duration
}

// figures puts together what is known.
func (f *figuring) figures(v *Vitals, now time.Time) *Figures {
	f.observe(v, now)
	served := v.served()
	p := v.point(now.Sub(v.started), &served)
	labels := v.labels(p.Series)

	f.mu.Lock()
	defer f.mu.Unlock()
	f.readRows(v, now)
	all := &Figures{
		UptimeSeconds: p.UptimeSeconds, WarmUpSeconds: v.config.warmUp().Seconds(),
		CPUSeconds: p.CPUSeconds, Procs: runtime.GOMAXPROCS(0), LiveBytes: p.LiveBytes, RSSBytes: p.RSSBytes,
		Collections: p.Collections, Goroutines: p.Goroutines, Series: p.Series,
		History: slices.Clone(f.history.points), Sites: f.rows.sites, Creators: f.rows.creators, Labels: labels,
	}
	if served.known {
		since := served.latency
		if f.isWarm {
			since = since.sub(&f.warm)
		}
		all.Requests = &RequestFigures{Total: served.total, Failed: served.failed, Latency: since.figures()}
	}
	return all
}

// readRows reads sites and creators again if they are old. The slices that were
// handed out before stay as they are.
func (f *figuring) readRows(v *Vitals, now time.Time) {
	if !f.rows.read.IsZero() && now.Sub(f.rows.read) < max(rowsEvery, f.rows.pause) {
		return
	}
	begin := time.Now()
	f.rows.sites, f.rows.creators = v.siteFigures(), creatorFigures()
	f.rows.read, f.rows.pause = now, rowsDuty*time.Since(begin)
}

// siteFigures are the functions that hold the most, none if profiling is off.
func (v *Vitals) siteFigures() []SiteFigure {
	var reader memprof.Reader
	if reader.Read() != nil {
		return nil // heap.Sites says so in the report
	}
	held := reader.Rows()
	slices.SortFunc(held, func(a, b memprof.Row) int { return cmp.Compare(b.InUseBytes, a.InUseBytes) })
	sites, variance, largest := map[string]*SiteFigure{}, map[string]float64{}, map[string]int64{}
	for i := range held[:min(len(held), maxStacks)] {
		row := &held[i]
		owner := memprof.Owner(reader.Stack(row))
		if owner.Func == "" || owner.IsOwn() || row.InUseBytes <= 0 {
			continue
		}
		s := sites[owner.Func]
		if s == nil {
			s = &SiteFigure{Name: owner.Func}
			sites[owner.Func] = s
		}
		if row.InUseBytes > largest[owner.Func] {
			largest[owner.Func], s.File, s.Line = row.InUseBytes, owner.File, owner.Line
		}
		s.Bytes += row.InUseBytes
		variance[owner.Func] += row.Variance
	}
	for name, s := range sites {
		margin := int64(1.96 * math.Sqrt(variance[name]))
		s.Low, s.High = max(s.Bytes-margin, 0), s.Bytes+margin
	}
	v.addGrowth(sites)
	return top(sites, func(s *SiteFigure) float64 { return float64(s.Bytes) })
}

// addGrowth adds the pace at which sites grow.
func (v *Vitals) addGrowth(sites map[string]*SiteFigure) {
	kept := v.sites.Kept()
	if len(kept) < 2 {
		return
	}
	hours := kept[len(kept)-1].Sub(kept[0]).Hours()
	for _, g := range v.sites.Growth(maxFigureRows) {
		if s := sites[g.Func]; s != nil && hours > 0 {
			s.PerHour += g.PerHour
			s.GrowthLow += float64(g.Low) / hours
			s.GrowthHigh += float64(g.High) / hours
		}
	}
}

// creatorFigures are the functions with the most goroutines. Where those are at the
// moment is left out: it differs from one moment to the next.
func creatorFigures() []PlaceFigure {
	var profile goroutines.Profile
	if !profile.Read() {
		return nil
	}
	places := map[string]*PlaceFigure{}
	for site, n := range profile.All() {
		name := cmp.Or(site.Root, site.Leaf) // a stack can be too deep for its root
		if places[name] == nil {
			places[name] = &PlaceFigure{Name: name}
		}
		places[name].Count += float64(n)
	}
	return top(places, func(p *PlaceFigure) float64 { return p.Count })
}

// top returns the rows with the highest figure, the highest first.
func top[T any](all map[string]*T, figure func(*T) float64) []T {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(figure(all[b]), figure(all[a])), cmp.Compare(a, b))
	})
	rows := make([]T, 0, min(len(names), maxFigureRows))
	for _, name := range names[:min(len(names), maxFigureRows)] {
		rows = append(rows, *all[name])
	}
	return rows
}

// Names of metrics of other packages that are read here; a test holds them to the
// declarations.
const (
	nameSignalValue = "signal.value"
	nameDistinct    = "cardinality.distinct_estimate"
	signalSeries    = "series"
)

// counts reports whether a part counts values of labels. One that cannot even say
// what it has does not.
func counts(source metric.Source) (yes bool) {
	defer func() { _ = recover() }() // an exporter that asks it too says so
	return slices.ContainsFunc(source.Describe(), func(d metric.Desc) bool { return d.Name == nameDistinct })
}

// series returns the number of series, 0 if no signal counts them.
func (v *Vitals) series() (n float64) {
	v.collectFrom(v.detector, func(s metric.Sample) {
		if s.Desc.Name == nameSignalValue && len(s.LabelValues) == 1 && s.LabelValues[0] == signalSeries {
			n = finite(s.Value)
		}
	})
	return n
}

// labels returns what guards and the signal of series know of labels.
func (v *Vitals) labels(series float64) []PlaceFigure {
	places := map[string]*PlaceFigure{}
	v.counted(func(s metric.Sample) {
		if s.Desc.Name == nameDistinct && len(s.LabelValues) == 2 {
			name := s.LabelValues[0] + "{" + s.LabelValues[1] + "}"
			places[name] = &PlaceFigure{Name: name, Count: finite(s.Value)}
		}
	})
	for _, f := range v.detector.Findings() {
		if f.Signal == signalSeries {
			addCulprits(places, f.Culprits, series)
		}
	}
	return top(places, func(p *PlaceFigure) float64 { return p.Count })
}

// addCulprits adds the labels that a signal blames. A share is that of the growth, so
// it is at most that of all.
func addCulprits(places map[string]*PlaceFigure, culprits []finding.Culprit, series float64) {
	for _, c := range culprits {
		if places[c.Name] == nil && c.Share > 0 {
			places[c.Name] = &PlaceFigure{Name: c.Name, Count: math.Round(finite(c.Share * series))}
		}
	}
}
