package leakguard

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/internal/memprof"
	"github.com/govitals/govitals/internal/text"
)

const (
	// sitesShown and rowsLookedUp bound what a message says about allocations,
	// and what it looks up in the symbol table.
	sitesShown   = 4
	rowsLookedUp = 256
	// wellSampled is how many samples an estimate needs to be called one: with
	// fewer it may be off by more than half.
	wellSampled = 20
	// minorSite is the part of the largest site below which one is left out.
	minorSite = 0.02
)

// allocations remembers what each allocation site held, to name those that
// hold more in the end. It never changes runtime.MemProfileRate.
type allocations struct {
	reader memprof.Reader
	before memprof.Snapshot
	err    error
}

// start takes the profile as of the latest garbage collection.
func (a *allocations) start() {
	if a.err = a.reader.Read(); a.err == nil {
		a.before = a.reader.Snapshot(time.Time{}, 0)
	}
}

// allocSite is what one line of the program gained.
type allocSite struct {
	frame   memprof.Frame
	bytes   int64
	samples int64
}

// grown describes the sites that hold more than at the start, in lines to be
// put under a message. The figures are divided by per, the iterations.
func (a *allocations) grown(per float64) string {
	if a.err == nil {
		a.err = a.reader.Read()
	}
	if a.err != nil {
		return fmt.Sprintf("\n      where it was allocated is not known (%v); -memprofilerate=1 on the command line of go test turns it on", a.err)
	}
	sites := a.sites()
	if len(sites) == 0 {
		return fmt.Sprintf("\n      none of its allocations was sampled, as runtime.MemProfileRate is %d: run the test with -memprofilerate=1 to see all",
			a.reader.Rate())
	}
	var b strings.Builder
	for _, s := range sites[:min(sitesShown, len(sites))] {
		fmt.Fprintf(&b, "\n      %s%s at %s:%d: %s", a.confidence(s), s.frame.Func, s.frame.File, s.frame.Line,
			text.Change(float64(s.bytes)/per, "By"))
	}
	return b.String()
}

// confidence says how sure a figure is.
func (a *allocations) confidence(s allocSite) string {
	switch {
	case a.reader.Rate() == 1:
		return "allocated by "
	case s.samples >= wellSampled:
		return "allocated, by estimate, by "
	}
	return fmt.Sprintf("likely (%s) allocated by ", text.Count(int(s.samples), "sample"))
}

// sites returns the lines of the program that gained, the largest gain first.
func (a *allocations) sites() []allocSite {
	rows := a.reader.Since(a.before, time.Time{}, 0)
	slices.SortFunc(rows.Rows, func(x, y memprof.Row) int { return cmp.Compare(y.InUseBytes, x.InUseBytes) })
	byFrame := map[memprof.Frame]allocSite{}
	for i := range rows.Rows[:min(rowsLookedUp, len(rows.Rows))] {
		row := &rows.Rows[i]
		owner := memprof.Owner(rows.Stack(row))
		if row.InUseBytes <= 0 || owner.Func == "" || owner.IsOwn() {
			continue
		}
		site := byFrame[owner]
		byFrame[owner] = allocSite{owner, site.bytes + row.InUseBytes, site.samples + max(0, row.Samples)}
	}
	return ranked(byFrame)
}

// ranked sorts the sites and leaves out minor ones.
func ranked(byFrame map[memprof.Frame]allocSite) []allocSite {
	var sites []allocSite
	for _, s := range byFrame {
		sites = append(sites, s)
	}
	slices.SortFunc(sites, func(x, y allocSite) int {
		return cmp.Or(cmp.Compare(y.bytes, x.bytes), cmp.Compare(x.frame.File, y.frame.File),
			cmp.Compare(x.frame.Line, y.frame.Line), cmp.Compare(x.frame.Func, y.frame.Func))
	})
	return slices.DeleteFunc(sites, func(s allocSite) bool { return float64(s.bytes) < minorSite*float64(sites[0].bytes) })
}
