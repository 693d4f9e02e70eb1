package vitals

import (
	"fmt"
	"math"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/watch"
)

// dataExplains is the share of the growth of live memory from which on data that
// grew is what explains it. What an application says it holds leaves out what the
// allocator and its maps add, some ten to thirty percent.
const dataExplains = 0.7

// causeData is the Cause of growth that is data of the application.
const causeData = "data"

// dataGrowth is by how much data grew of which the application says what it holds.
type dataGrowth struct {
	name   string  // of what grew most
	grown  float64 // bytes, all together
	memory float64 // bytes by which live memory grew meanwhile
}

// dataGrowth returns nil unless live memory grows and such data is known.
func (v *Vitals) dataGrowth(findings []finding.Finding) *dataGrowth {
	grows := false
	for _, f := range findings {
		grows = grows || f.Signal == "heap" && isGrowth(f.State)
	}
	if !grows {
		return nil
	}
	var d dataGrowth
	var most float64
	since := time.Time{}
	for _, s := range partsOf[*watch.State](v) {
		now := s.Stats()
		grown := float64(now.Bytes - now.WarmBytes)
		if now.WarmAt.IsZero() || now.Bytes < 0 || now.WarmBytes < 0 || grown <= 0 {
			continue
		}
		if d.grown += grown; grown > most {
			d.name, most, since = now.Name, grown, now.WarmAt
		}
	}
	if most == 0 {
		return nil
	}
	d.memory = v.liveGrowth(since)
	return &d
}

// liveGrowth is by how much live memory grew since a time, NaN if that is not known.
func (v *Vitals) liveGrowth(since time.Time) float64 {
	for _, p := range v.monitor.History(since) {
		if p.Live.Known() {
			return float64(v.monitor.Snapshot().Live) - float64(p.Live.Last)
		}
	}
	return math.NaN()
}

// explains makes a leak of memory into data that grew, if that is what it is.
func (d *dataGrowth) explains(effect *finding.Finding) bool {
	if !(d.memory > 0 && d.grown >= dataExplains*d.memory) {
		return false
	}
	effect.How = append(effect.How, fmt.Sprintf("by the trend alone this is %v; data that the application knows of grew by %s, live memory by %s meanwhile: it is data from %.0f %% on",
		effect.State, text.Bytes(uint64(d.grown)), text.Bytes(uint64(d.memory)), 100*dataExplains))
	effect.State, effect.Cause = finding.Growing, causeData
	effect.Advice = fmt.Sprintf("%s grew. If the service has more to do, raise the limit; if not, bound it: by number, by age, or by bytes.", text.Clean(d.name, maxName))
	return true
}
