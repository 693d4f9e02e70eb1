package vitals

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/watch"
)

// consequence is growth that another growth brings with it: to tell both would
// send two people after one thing.
type consequence struct {
	cause, effect string
	// each is how much of the effect one thing of the cause brings at most. Beyond
	// that something else grows as well.
	each float64
	name string // of the cause, in Finding.Cause of the effect
}

// consequences, the first that fits is taken. A series of a native histogram takes
// up to 10 KiB, a classic one some hundred bytes; a goroutine that serves a request
// holds its buffers and what was read so far.
var consequences = []consequence{
	{"series", "heap", 16 << 10, "series"},
	{"goroutines", "heap", 256 << 10, "goroutines"},
	{"goroutines", "stacks", 64 << 10, "goroutines"},
	{"goroutines", "threads", 1.2, "goroutines"},
	{"goroutines", "fds", 4, "goroutines"},
}

// dataExplains is the share of the growth of live memory from which on data that
// grew is what explains it. What an application says it holds leaves out what the
// allocator and its maps add, some ten to thirty percent.
const dataExplains = 0.7

// causeData is the Cause of growth that is data of the application.
const causeData = "data"

// metricLibraries are where the memory of series is allocated.
var metricLibraries = []string{
	"github.com/prometheus/client_golang/", "go.opentelemetry.io/otel/", "github.com/VictoriaMetrics/metrics.",
	"github.com/govitals/govitals/cardinality",
}

// connect gives what follows from something else that as its Cause.
func connect(findings []finding.Finding, data *dataGrowth) {
	for i := range findings {
		effect := &findings[i]
		if !isGrowth(effect.State) || effect.Cause != "" {
			continue
		}
		if data != nil && effect.Signal == "heap" && data.explains(effect) {
			continue
		}
		for _, c := range consequences {
			if c.effect != effect.Signal {
				continue
			}
			if why := c.why(findings, *effect); why != "" {
				effect.Cause, effect.How = c.name, append(effect.How, why)
				break
			}
		}
	}
}

// why says why the effect follows from the cause, "" if it does not. Where the memory
// is that of series nobody needs to have counted them.
func (c consequence) why(findings []finding.Finding, effect finding.Finding) string {
	if c.cause == "series" && isOfSeries(effect) {
		return "most of what grows is allocated by a metrics library: it is series"
	}
	for _, f := range findings {
		if f.Signal == c.cause && (isGrowth(f.State) || f.State == finding.Exploded) && c.brings(f, effect) {
			return fmt.Sprintf("it grows with %s, and by no more than they bring: one cause", c.cause)
		}
	}
	return ""
}

// brings reports whether the growth of the cause accounts for that of the effect,
// and began when it did.
func (c consequence) brings(cause, effect finding.Finding) bool {
	if !(cause.PerHour > 0 && effect.PerHour > 0 && effect.PerHour <= c.each*cause.PerHour) {
		return false
	}
	if cause.Since.IsZero() || effect.Since.IsZero() {
		return true
	}
	apart, age := cause.Since.Sub(effect.Since).Abs(), time.Since(cause.Since)
	return apart <= max(age/4, time.Minute)
}

// isOfSeries reports whether most of what is known to grow is a metrics library's.
func isOfSeries(effect finding.Finding) bool {
	ours, all := 0.0, 0.0
	for i, c := range effect.Culprits {
		if c.Share == 0 && i == 0 {
			c.Share = 1 // shares are not known: the first counts
		}
		all += c.Share
		isLibrary := func(path string) bool { return strings.HasPrefix(c.Name, path) }
		if slices.ContainsFunc(metricLibraries, isLibrary) {
			ours += c.Share
		}
	}
	return ours > all/2
}

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
	for _, s := range v.states() {
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

func (v *Vitals) states() (states []*watch.State) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, source := range v.sources {
		if s, ok := source.(*watch.State); ok && s != nil {
			states = append(states, s)
		}
	}
	return states
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
