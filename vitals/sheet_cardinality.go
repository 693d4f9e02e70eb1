package vitals

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/internal/text"
)

// guard is a guarded metric.
type guard interface{ Trips() []cardinality.Trip }

func (v *Vitals) serveCardinality(w http.ResponseWriter, r *http.Request) {
	values := r.URL.Query().Get("values") == "show"
	v.serveSheet(w, r, sheetPage{
		key:  fmt.Sprint("cardinality ", values),
		make: func() (*sheet, error) { return v.cardinalitySheet(values), nil },
	})
}

func (v *Vitals) cardinalitySheet(values bool) *sheet {
	s := &sheet{At: time.Now(), Title: "Label sets of metrics", Links: []sheetLink{{"?values=show&format=html", "with the values of labels"}}}
	parts := v.partFigures()
	trips := v.trips()
	if n, ok := parts.by(nameSignalValue)[signalSeries]; ok {
		s.say("%s series in all, as the signal says.", text.Figure(n, ""))
	}
	t := parts.guardTable(trips)
	s.add(t, "No metric is guarded: give the guards of promguard, otelguard or cardinality, or a cardinality.Group, to Vitals.Add.")
	if len(t.Rows) > 0 {
		s.say("%s guarded, the fullest first.", text.Count(len(t.Rows), "metric"))
	}
	s.add(tripTable(trips, values), "No label has exploded.")
	if !values && len(trips) > 0 {
		s.note("Values of labels are not shown, as they may name users: ask for them with ?values=show.")
	}
	return s
}

// trips are those of all guards that can be reached, the latest first.
func (v *Vitals) trips() (all []cardinality.Trip) {
	for _, g := range partsOf[guard](v) {
		v.safely("Trips", g, func() { all = append(all, g.Trips()...) })
	}
	for _, group := range partsOf[grouped](v) {
		for _, g := range v.guardsIn(group) {
			all = append(all, g.Trips()...)
		}
	}
	slices.SortStableFunc(all, func(a, b cardinality.Trip) int { return b.At.Compare(a.At) })
	return all[:min(len(all), sheetRows)]
}

// guardTable has all guarded metrics, those nearest to their limit first.
func (f partSamples) guardTable(trips []cardinality.Trip) Table {
	sets, limits := f.by("cardinality.sets"), f.by("cardinality.limit")
	dropped, held := f.by("cardinality.overflow_observations"), f.by("cardinality.held")
	distinct := f.byBoth(nameDistinct)
	used, last := map[string]float64{}, map[string]time.Time{}
	for name, n := range sets {
		used[name] = n / max(limits[name], 1)
	}
	for _, trip := range trips {
		last[trip.Metric] = later(last[trip.Metric], trip.At)
	}
	t := Table{Title: "Guarded metrics", Columns: []string{"metric", "sets", "limit", "used", "dropped", "held", "worst label", "last trip"}}
	for _, name := range largestFirst(used)[:min(len(used), sheetRows)] {
		tripped := "–"
		if at := last[name]; !at.IsZero() {
			tripped = stamp(at)
		}
		t.Rows = append(t.Rows, []string{
			name, text.Figure(sets[name], ""), text.Figure(limits[name], ""), percent(used[name]), text.Figure(dropped[name], ""),
			text.Figure(held[name], "By"), worstLabel(distinct[name]), tripped,
		})
	}
	return t
}

func tripTable(trips []cardinality.Trip, values bool) Table {
	t := Table{Title: "Labels that exploded, the latest first", Columns: []string{"metric", "label", "at", "limit reached", "values so far", "overflowed", "looks like", "put instead", "who called"}}
	if values {
		t.Columns = append(t.Columns, "most frequent")
	}
	for _, trip := range trips {
		row := []string{
			trip.Metric, trip.Label, stamp(trip.At), trip.Limit, text.Figure(float64(trip.Distinct), ""),
			text.Figure(float64(trip.Overflowed), ""), cmp.Or(string(trip.Shape), "–"), cmp.Or(trip.Template, "–"), caller(trip.Stack),
		}
		if values {
			row = append(row, frequent(trip))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// caller is the innermost call of a trip. Its place is shown as on all pages.
func caller(stack []string) string {
	if len(stack) == 0 {
		return "–"
	}
	function, file, ok := strings.Cut(stack[0], " at ")
	if !ok {
		return stack[0]
	}
	if colon := strings.LastIndexByte(file, ':'); colon > 0 {
		return function + " at " + place(function, file[:colon], 0) + file[colon:]
	}
	return function + " at " + place(function, file, 0)
}

func frequent(trip cardinality.Trip) string {
	words := make([]string, 0, len(trip.Top))
	for _, top := range trip.Top {
		words = append(words, cut(top.Value))
	}
	if len(words) == 0 {
		for _, sample := range trip.Samples {
			words = append(words, cut(sample))
		}
	}
	return strings.Join(words, ", ")
}
