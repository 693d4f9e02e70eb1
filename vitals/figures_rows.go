package vitals

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/memprof"
	gostacks "github.com/govitals/govitals/internal/stacks"
	"github.com/govitals/govitals/metric"
)

const (
	// maxStacks is how many stacks are looked up for their functions.
	maxStacks = 1000
	// maxFigureRows bounds each list.
	maxFigureRows = 50
)

// siteFigures are the functions that hold the most, none if profiling is off.
func (v *Vitals) siteFigures() (rows []SiteFigure) {
	var reader memprof.Reader
	if reader.Read() != nil {
		return nil // heap.Sites says so in the report
	}
	sites := sitesOf(&reader)
	v.addGrowth(sites)
	ordered := slices.SortedFunc(maps.Values(sites), func(a, b *SiteFigure) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name))
	})
	for _, s := range ordered[:min(len(ordered), maxFigureRows)] {
		rows = append(rows, *s)
	}
	return rows
}

// sitesOf adds up the largest stacks by function. The first of a function is its
// largest, and says where it is.
func sitesOf(reader *memprof.Reader) map[string]*SiteFigure {
	held := reader.Rows()
	slices.SortFunc(held, func(a, b memprof.Row) int { return cmp.Compare(b.InUseBytes, a.InUseBytes) })
	sites, variance := map[string]*SiteFigure{}, map[string]float64{}
	for i := range held[:min(len(held), maxStacks)] {
		row := &held[i]
		owner := memprof.Owner(reader.Stack(row))
		if owner.Func == "" || owner.IsOwn() || row.InUseBytes <= 0 {
			continue
		}
		if sites[owner.Func] == nil {
			sites[owner.Func] = &SiteFigure{Name: owner.Func, File: owner.File, Line: owner.Line}
		}
		sites[owner.Func].Bytes += row.InUseBytes
		variance[owner.Func] += row.Variance
	}
	for name, s := range sites {
		margin := int64(1.96 * math.Sqrt(variance[name]))
		s.Low, s.High = max(s.Bytes-margin, 0), s.Bytes+margin
	}
	return sites
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
	var profile gostacks.Profile
	if !profile.Read() {
		return nil
	}
	counts := map[string]float64{}
	for site, n := range profile.All() {
		counts[cmp.Or(site.Root, site.Leaf)] += float64(n) // a stack can be too deep for its root
	}
	return placeFigures(counts)
}

// placeFigures are the places with the highest counts, the highest first.
func placeFigures(counts map[string]float64) (rows []PlaceFigure) {
	for _, name := range largestFirst(counts)[:min(len(counts), maxFigureRows)] {
		rows = append(rows, PlaceFigure{name, counts[name]})
	}
	return rows
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

// labelFigures are what guards and the signal of series know of labels.
func (v *Vitals) labelFigures(parts partSamples, series float64) []PlaceFigure {
	counts := map[string]float64{}
	for metric, labels := range parts.byBoth(nameDistinct) {
		for label, n := range labels {
			counts[metric+"{"+label+"}"] = finite(n)
		}
	}
	for _, f := range v.detector.Findings() {
		if f.Signal == signalSeries {
			addCulprits(counts, f.Culprits, series)
		}
	}
	return placeFigures(counts)
}

// addCulprits adds the labels that a signal blames. A share is that of the growth, so
// it is at most that of all.
func addCulprits(counts map[string]float64, culprits []finding.Culprit, series float64) {
	for _, c := range culprits {
		if _, counted := counts[c.Name]; !counted && c.Share > 0 {
			counts[c.Name] = math.Round(finite(c.Share * series))
		}
	}
}
