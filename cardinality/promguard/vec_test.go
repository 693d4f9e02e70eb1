package promguard

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/govitals/govitals/cardinality"
)

var abc = []string{"a", "b", "c"}

// exported is what a registry with only this collector shows, without what
// depends on the time.
func exported(t *testing.T, c prometheus.Collector) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range gather(t, registry) {
		for _, m := range f.GetMetric() {
			if m.Counter != nil {
				m.Counter.CreatedTimestamp = nil
			}
			if m.Histogram != nil {
				m.Histogram.CreatedTimestamp = nil
			}
		}
		encoder := expfmt.NewEncoder(&text, expfmt.NewFormat(expfmt.TypeProtoText))
		if err := encoder.Encode(f); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

// Below the limits a guarded vec does what that of client_golang does, method by
// method.
func TestSameAsRaw(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	guarded := NewCounterVec(prometheus.CounterOpts{Name: "x", Help: "h", ConstLabels: prometheus.Labels{"z": "1"}}, abc)
	raw := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x", Help: "h", ConstLabels: prometheus.Labels{"z": "1"}}, abc)
	value := func() string { return fmt.Sprint(random.IntN(3)) }
	same := func(what string, a, b any) {
		t.Helper()
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("%s: %v, client_golang says %v", what, a, b)
		}
	}
	for range 2000 {
		a, b, c := value(), value(), value()
		labels := prometheus.Labels{"a": a, "b": b, "c": c}
		curry, rest := prometheus.Labels{"b": b}, prometheus.Labels{"a": a, "c": c}
		switch random.IntN(9) {
		case 0:
			guarded.WithLabelValues(a, b, c).Inc()
			raw.WithLabelValues(a, b, c).Inc()
		case 1:
			guarded.With(labels).Add(0.5)
			raw.With(labels).Add(0.5)
		case 2:
			guarded.MustCurryWith(curry).WithLabelValues(a, c).Inc()
			raw.MustCurryWith(curry).WithLabelValues(a, c).Inc()
		case 3:
			guarded.MustCurryWith(curry).With(rest).Inc()
			raw.MustCurryWith(curry).With(rest).Inc()
		case 4:
			guarded.MustCurryWith(rest).MustCurryWith(curry).WithLabelValues().Inc()
			raw.MustCurryWith(rest).MustCurryWith(curry).WithLabelValues().Inc()
		case 5:
			same("Delete", guarded.MustCurryWith(curry).Delete(rest), raw.MustCurryWith(curry).Delete(rest))
		case 6:
			same("DeleteLabelValues", guarded.DeleteLabelValues(a, b, c), raw.DeleteLabelValues(a, b, c))
		case 7:
			if random.IntN(20) == 0 {
				same("DeletePartialMatch", guarded.DeletePartialMatch(curry), raw.DeletePartialMatch(curry))
				curried, plain := guarded.MustCurryWith(curry), raw.MustCurryWith(curry)
				same("of a curried vec", curried.DeletePartialMatch(curry), plain.DeletePartialMatch(curry))
			}
		case 8:
			guarded.With3(a, b, c).(prometheus.ExemplarAdder).AddWithExemplar(1, prometheus.Labels{"t": a})
			raw.WithLabelValues(a, b, c).Inc()
		}
	}
	same("the number of sets", sets(guarded), sets(raw))
	same("the export", withoutExemplars(exported(t, guarded)), withoutExemplars(exported(t, raw)))
	guarded.Reset()
	same("after Reset", sets(guarded), 0)
}

// withoutExemplars drops what one of the two vecs was not given.
func withoutExemplars(text string) string {
	var kept []string
	depth := 0
	for line := range strings.Lines(text) {
		switch {
		case strings.Contains(line, "exemplar"):
			depth = 1
		case depth > 0:
			depth += strings.Count(line, "{") - strings.Count(line, "}") - strings.Count(line, ">")
		default:
			kept = append(kept, strings.Join(strings.Fields(line), " "))
		}
	}
	return strings.Join(kept, "\n")
}

// A histogram, classic and native, is exported byte by byte as client_golang does.
func TestSameHistogram(t *testing.T) {
	opts := prometheus.HistogramOpts{Name: "x", Help: "h", Buckets: []float64{1, 2}, NativeHistogramBucketFactor: 1.5}
	guarded, raw := NewHistogramVec(opts, abc), prometheus.NewHistogramVec(opts, abc)
	for i := range 200 {
		v := float64(i%37) - 5
		guarded.WithLabelValues("1", "2", fmt.Sprint(i%3)).Observe(v)
		raw.WithLabelValues("1", "2", fmt.Sprint(i%3)).Observe(v)
	}
	if a, b := exported(t, guarded), exported(t, raw); a != b {
		t.Errorf("%s\n\nis not what client_golang exports:\n\n%s", a, b)
	}
}

// What a demoted histogram leaves is what one histogram would have that had seen
// everything.
func TestFoldedHistogram(t *testing.T) {
	for _, opts := range []prometheus.HistogramOpts{
		{Name: "x"},
		{Name: "x", NativeHistogramBucketFactor: 1.1},
		{Name: "x", NativeHistogramBucketFactor: 1.1, Buckets: prometheus.DefBuckets},
		{Name: "x", NativeHistogramBucketFactor: 1.1, NativeHistogramZeroThreshold: 0.25},
	} {
		v := NewHistogramVec(opts, []string{"a"})
		want := prometheus.NewHistogram(opts)
		into := v.sets.Overflow()
		random := rand.New(rand.NewPCG(3, 4))
		for child := range 20 {
			o := v.sets.With(fmt.Sprint(child))
			for range 50 {
				x := (random.ExpFloat64() - 0.1) * 3
				o.Observe(x)
				want.Observe(x)
			}
			o.Fold(into)
			o.metric.Observe(1) // by somebody who had looked it up before
			want.Observe(1)
			o.Fold(into)
			into.Observe(2)
			want.Observe(2)
		}
		var got, expected dto.Metric
		_, _ = into.Write(&got), want.Write(&expected)
		g, e := got.GetHistogram(), expected.GetHistogram()
		if d := g.GetSampleSum() - e.GetSampleSum(); d > 1e-6 || d < -1e-6 {
			t.Errorf("the sum is %v instead of %v", g.GetSampleSum(), e.GetSampleSum())
		}
		if !reflect.DeepEqual(decoded(g), decoded(e)) {
			t.Errorf("%+v\n%v\nwant\n%v", opts, g, e)
		}
	}
}

// decoded returns a histogram without its sum, its times, and empty buckets, which
// one encoding has and another leaves out.
func decoded(h *dto.Histogram) (all []any) {
	all = append(all, h.GetSampleCount(), h.GetZeroCount(), h.GetSchema(), h.GetZeroThreshold())
	for _, b := range h.GetBucket() {
		all = append(all, b.GetUpperBound(), b.GetCumulativeCount())
	}
	for _, buckets := range []map[int]int64{
		readSpans(h.GetPositiveSpan(), h.GetPositiveDelta()), readSpans(h.GetNegativeSpan(), h.GetNegativeDelta()),
	} {
		maps.DeleteFunc(buckets, func(_ int, n int64) bool { return n == 0 })
		all = append(all, buckets)
	}
	return all
}

// A child that was kept finds its set again after it was demoted, and stays out of
// the way after it was deleted.
func TestKeptChildren(t *testing.T) {
	v := NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a"})
	kept := v.WithLabelValues("1")
	kept.Inc()
	kept.(*counter).Fold(v.sets.Overflow())
	v.DeleteLabelValues("1")
	kept.Inc()
	if got := valueOf(v.WithLabelValues("1")); got != 1 {
		t.Errorf("the set has %v, not the 1 that came after the demotion", got)
	}
	deleted := v.WithLabelValues("2")
	v.DeleteLabelValues("2")
	deleted.Inc()
	if v.DeleteLabelValues("2") {
		t.Error("a deleted set came back through a child that was kept")
	}
}

// A value that overflowed has no set to delete.
func TestDeleteOverflowed(t *testing.T) {
	v := NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a"}, cardinality.MaxSets(2))
	for i := range 10 {
		v.WithLabelValues(fmt.Sprint(i)).Inc()
	}
	if v.DeleteLabelValues("9") || v.Delete(prometheus.Labels{"a": "9"}) || v.DeletePartialMatch(prometheus.Labels{"a": "9"}) != 0 {
		t.Error("deleting a value that shares a set deleted something")
	}
	if n := sets(v); n != 3 {
		t.Errorf("%d sets, want 2 and the overflow", n)
	}
	if !v.DeleteLabelValues(cardinality.DefaultMarker) || sets(v) != 2 {
		t.Error("the overflow cannot be deleted by its name")
	}
}

func TestGaugeOverflow(t *testing.T) {
	v := NewGaugeVec(prometheus.GaugeOpts{Name: "x"}, []string{"a"}, cardinality.MaxSets(1), cardinality.Retention(8*time.Millisecond))
	v.WithLabelValues("first").Set(3)
	for i := range 5 {
		v.WithLabelValues(fmt.Sprint(i)).Set(100)
		v.WithLabelValues(fmt.Sprint(i)).Add(2)
		v.WithLabelValues(fmt.Sprint(i)).Dec()
	}
	if got := valueOf(v.WithLabelValues("other")); got != 5 {
		t.Errorf("the overflow is %v: want what was added, without what was set", got)
	}
	if d := v.Guard().Dropped(); d.GaugeSets != 5 {
		t.Errorf("%+v", d)
	}
	for range 200 { // far longer than Retention, with a candidate that waits
		v.WithLabelValues("4").Inc()
		time.Sleep(100 * time.Microsecond)
	}
	if got := valueOf(v.WithLabelValues("first")); got != 3 {
		t.Errorf("a gauge that was set lost its value: %v", got)
	}
}

// A lookup with labels allocates nothing, curried or not.
func TestNoAllocation(t *testing.T) {
	v := NewHistogramVec(prometheus.HistogramOpts{Name: "x"}, abc, cardinality.MaxSets(10))
	curried := v.MustCurryWith(prometheus.Labels{"b": "2"})
	labels := prometheus.Labels{"a": "1", "b": "2", "c": "3"}
	for i := range 100 {
		v.With3("x", "y", fmt.Sprint(i)).Observe(1)
	}
	for name, use := range map[string]func(){
		"WithLabelValues": func() { v.WithLabelValues("x", "y", "1").Observe(1) },
		"With3":           func() { v.With3("x", "y", "1").Observe(1) },
		"With":            func() { v.With(labels).Observe(1) },
		"curried":         func() { curried.(*observers).with("x", "1").Observe(1) },
		"overflow":        func() { v.With3("x", "y", "99").Observe(1) },
	} {
		if n := testing.AllocsPerRun(1000, use); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
