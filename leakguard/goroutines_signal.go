package leakguard

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// Culprits implements [Blamer]: the sites of Verdicts, with their share of the
// growth.
func (g *Goroutines) Culprits(n int) []finding.Culprit {
	return culpritsOf(g.Verdicts(), n)
}

func culpritsOf(verdicts []SiteVerdict, n int) []finding.Culprit {
	var total float64
	for _, v := range verdicts {
		total += max(0, v.PerHour)
	}
	var culprits []finding.Culprit
	for _, v := range verdicts[:max(0, min(n, len(verdicts)))] {
		c := finding.Culprit{Name: v.Site}
		if total > 0 {
			c.Share = max(0, v.PerHour) / total
		}
		if _, place, ok := strings.Cut(v.CreatedBy, " at "); ok {
			c.File, c.Line = splitPlace(place)
		}
		culprits = append(culprits, c)
	}
	return culprits
}

// splitPlace reads "file:line".
func splitPlace(place string) (file string, line int) {
	colon := strings.LastIndexByte(place, ':')
	if colon < 0 {
		return place, 0
	}
	if _, err := fmt.Sscan(place[colon+1:], &line); err != nil {
		return place, 0
	}
	return place[:colon], line
}

// Name implements [Signal].
func (g *Goroutines) Name() string { return "goroutines" }

// Unit implements [Measured].
func (g *Goroutines) Unit() string { return "{goroutine}" }

// Read implements [Signal]: it takes a Step as of now, and returns the number
// of goroutines and as load how many were started per second since the Read
// before.
func (g *Goroutines) Read(context.Context) (Reading, error) {
	g.Step(time.Now())
	g.mu.Lock()
	defer g.mu.Unlock()
	now := goroutineCounts{at: time.Now()} // under the lock, or two callers might swap their times
	now.live, now.created = g.source.counts()
	load := math.NaN()
	if took := now.at.Sub(g.read.at).Seconds(); !g.read.at.IsZero() && took > 0 {
		load = float64(now.created-g.read.created) / took
	}
	g.read = now
	return Reading{Value: float64(now.live), Load: load}, nil
}

// Findings implements finding.Source: one finding about the worst sites, none
// if there are no verdicts.
func (g *Goroutines) Findings() []finding.Finding {
	verdicts := g.Verdicts()
	if len(verdicts) == 0 {
		return nil
	}
	worst := verdicts[0]
	f := finding.Finding{
		Signal: g.Name(), State: worst.State, Since: worst.Since, Unit: g.Unit(),
		Summary:  worst.summary(),
		Culprits: culpritsOf(verdicts, 3),
		Advice:   "Give these goroutines a way to end: a context, a closed channel, a deadline. See them with: go tool pprof http://HOST/debug/pprof/goroutine",
		How:      slices.Clone(worst.Why),
	}
	for _, v := range verdicts {
		f.PerHour += v.PerHour
	}
	return []finding.Finding{f}
}

func (v SiteVerdict) summary() string {
	verb := "seem to pile up"
	if v.State == Leaking {
		verb = "pile up and stay"
	}
	return fmt.Sprintf("%s %s in %s.", text.Count(v.Count, "goroutine"), verb, v.whereAndPace())
}
