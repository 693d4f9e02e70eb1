package vitals

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
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
