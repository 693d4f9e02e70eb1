package cardinality

import (
	"cmp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Trip says that a label exploded: which, what its values look like, and who
// brought them.
type Trip struct {
	// Metric is the name of the vec.
	Metric string
	// Label is the label that brought new values when the limit was reached; where
	// none stood out, the one with the most values.
	Label string
	// At is when it tripped.
	At time.Time
	// Limit is what was reached: "MaxSets", "MaxValues", "MaxBytes", or
	// "GroupConfig.MaxBytes".
	Limit string
	// Sets is the number of sets in use.
	Sets int
	// Distinct estimates how many values the label had so far, within 5 %.
	Distinct uint64
	// Overflowed counts the lookups that overflowed so far.
	Overflowed uint64
	// Bytes is what the sets hold, by the estimate of BytesPerSet.
	Bytes int64
	// Top are the values that came most often after the label tripped, the most
	// frequent first, at most 8. Not every lookup is looked at.
	Top []ValueCount
	// Samples are some of the values, at most 8, cut to 64 bytes.
	Samples []string
	// Shape is what most values look like.
	Shape Shape
	// Template is a text to put in place of the values: "/users/{id}", "" if none
	// suggests itself.
	Template string
	// Stack is who called, innermost first, as "function at file:line".
	Stack []string
	// DryRun says that nothing was refused.
	DryRun bool
	// Quiet says that nothing has overflowed for ten minutes.
	Quiet bool
}

// ValueCount is a value and how often it was seen, at least.
type ValueCount struct {
	// Value is cut to 64 bytes.
	Value string
	// Count is a lower bound. Of many lookups one in 64 is looked at.
	Count uint64
}

// Bounds of what a trip keeps and shows.
const (
	watchedValues = 32 // counters of values
	shownValues   = 8
	cutAt         = 64 // bytes of a value
	stackDepth    = 32
)

// A label is to blame for lack of room if so many of its values were new lately, and
// explodes on its own account if so many were.
const (
	standsOut = 0.05
	explodes  = 0.25
)

// tripped is what is known of a label that exploded.
type tripped struct {
	at     time.Time
	limit  string
	stack  []uintptr
	values [watchedValues]watchedValue // a space-saving summary
}

type watchedValue struct {
	hash         uint64
	count, floor uint64
	length       uint8
	text         [cutAt]byte
}

// overLimit trips the label that is to blame for a total that was reached.
func (g *Guard) overLimit(limit string) {
	g.startCounting()
	if i := g.exploding(); i >= 0 {
		g.trip(i, limit)
	}
}

// trip notes that a label exploded, once. Under the mutex.
func (g *Guard) trip(i int, limit string) {
	l := g.labels[i]
	if l.trip != nil {
		return
	}
	g.startCounting()
	g.news.overflowed = g.pace.now
	l.trip = &tripped{at: time.Now(), limit: limit, stack: make([]uintptr, stackDepth)}
	l.trip.stack = l.trip.stack[:runtime.Callers(2, l.trip.stack)]
	g.news.tripped = append(g.news.tripped, i)
	g.teller.tell(g.describe(i))
}

// watch counts the values of labels that tripped. Under the mutex.
func (g *Guard) watch(q *query) {
	for _, i := range g.news.tripped {
		if q.hashes[i] != 0 && g.labels[i].has(q.values[i]) {
			g.labels[i].trip.add(q.hashes[i], q.values[i])
		}
	}
}

func (t *tripped) add(hash uint64, value string) {
	least := 0
	for i := range t.values {
		if v := &t.values[i]; v.hash == hash {
			v.count++
			return
		} else if v.count < t.values[least].count {
			least = i
		}
	}
	v := &t.values[least]
	v.hash, v.floor = hash, v.count
	v.count++
	v.length = uint8(copy(v.text[:], value))
}

// describe returns what is known about the trip of a label. Under the mutex.
func (g *Guard) describe(i int) Trip {
	l := g.labels[i]
	trip := Trip{
		Metric: g.Name(), Label: l.name, At: l.trip.at, Limit: l.trip.limit,
		Sets: g.sets + g.shared.sets, Bytes: g.bytes, Distinct: l.estimate(), Overflowed: g.overflows(),
		Top: l.trip.top(), Stack: callers(l.trip.stack), DryRun: g.config.dryRun,
		Quiet: !g.config.dryRun && g.news.quiet(g.pace.now),
	}
	samples := g.samples(i)
	trip.Shape, trip.Template = shapeOfMost(samples)
	trip.Samples = samples[:min(len(samples), shownValues)]
	return trip
}

// samples returns values of a label: those that came after it tripped and, as long
// as these are few, those that have sets.
func (g *Guard) samples(label int) []string {
	var samples []string
	for i := range g.labels[label].trip.values {
		if v := &g.labels[label].trip.values[i]; v.count > 0 {
			samples = append(samples, v.String())
		}
	}
	g.each(func(values []string, masked uint64) {
		if masked>>label&1 == 0 && len(samples) < watchedValues && g.labels[label].has(values[label]) && !slices.Contains(samples, cut(values[label])) {
			samples = append(samples, cut(values[label]))
		}
	})
	return samples
}

func cut(value string) string { return strings.ToValidUTF8(value[:min(len(value), cutAt)], "") }

func (v *watchedValue) String() string {
	return strings.ToValidUTF8(string(v.text[:v.length]), "")
}

// top returns the values that certainly came more than once.
func (t *tripped) top() []ValueCount {
	var top []ValueCount
	for i := range t.values {
		if v := &t.values[i]; v.count > v.floor+1 {
			top = append(top, ValueCount{Value: v.String(), Count: v.count - v.floor})
		}
	}
	slices.SortFunc(top, func(a, b ValueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
	})
	return top[:min(len(top), shownValues)]
}

// callers words a stack without what belongs to this package and its guards.
func callers(stack []uintptr) []string {
	var lines []string
	frames := runtime.CallersFrames(stack)
	for {
		frame, more := frames.Next()
		if frame.Function != "" && (len(lines) > 0 || !isOurs(frame.Function)) {
			lines = append(lines, frame.Function+" at "+frame.File+":"+strconv.Itoa(frame.Line))
		}
		if !more {
			return lines
		}
	}
}

const ourPath = "github.com/govitals/govitals/cardinality"

func isOurs(function string) bool {
	rest, ok := strings.CutPrefix(function, ourPath)
	return ok && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "/promguard.") || strings.HasPrefix(rest, "/otelguard."))
}
