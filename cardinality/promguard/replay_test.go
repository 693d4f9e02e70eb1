package promguard

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/govitals/govitals/cardinality"
)

// instrument is the middleware of CVE-2022-21698: promhttp of client_golang before
// 1.11.1 took the method of the request as it came for a label value.
func instrument(seconds prometheus.ObserverVec, requests *CounterVec, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		labels := prometheus.Labels{"code": "200", "method": strings.ToLower(r.Method)}
		seconds.With(labels).Observe(0.01)
		requests.With(labels).Inc()
	})
}

func heapNow() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Methods that nobody has heard of leave the series bounded, the totals exact, and
// the heap as it is however many come.
func TestRandomMethods(t *testing.T) {
	labels := []string{"code", "method"}
	seconds := NewHistogramVec(prometheus.HistogramOpts{Name: "seconds"}, labels, cardinality.MaxSets(100))
	requests := NewCounterVec(prometheus.CounterOpts{Name: "requests_total"}, labels, cardinality.MaxSets(100))
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(seconds, requests)
	handler := instrument(seconds, requests, http.NotFoundHandler())
	sent := 0
	send := func(n int) {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		for range n {
			r.Method = "M" + fmt.Sprint(sent)
			w.Body.Reset()
			handler.ServeHTTP(w, r)
			sent++
		}
	}
	send(2000)
	before := heapNow()
	send(8000)
	if grown := int64(heapNow() - before); grown > 64<<10 {
		t.Errorf("the heap grew by %d bytes over 8,000 methods beyond the limit", grown)
	}
	families := gather(t, registry)
	for _, name := range []string{"seconds", "requests_total"} {
		if got := total(families[name]); got != float64(sent) {
			t.Errorf("%s: %v of %d", name, got, sent)
		}
		if n := len(families[name].GetMetric()); n > 102 {
			t.Errorf("%s: %d sets", name, n)
		}
		for _, m := range families[name].GetMetric() {
			if m.GetLabel()[0].GetValue() != "200" {
				t.Errorf("%s: the code of %v is gone, and only the method exploded", name, m.GetLabel())
			}
		}
	}
	trips := seconds.Guard().Trips()
	if len(trips) != 1 || trips[0].Label != "method" {
		t.Errorf("trips %+v", trips)
	}
}

// The handlers of promhttp take the vecs through the interface, and burn no set
// when they try which labels there are.
func TestInstrumentHandler(t *testing.T) {
	v := NewHistogramVec(prometheus.HistogramOpts{Name: "x"}, []string{"route", "code", "method"})
	route := v.MustCurryWith(prometheus.Labels{"route": "/"})
	size := NewSummaryVec(prometheus.SummaryOpts{Name: "y"}, nil)
	traced := promhttp.WithExemplarFromContext(func(context.Context) prometheus.Labels { return prometheus.Labels{"trace": "1"} })
	handler := promhttp.InstrumentHandlerDuration(route, promhttp.InstrumentHandlerRequestSize(size, http.NotFoundHandler()), traced)
	if n := sets(v); n != 0 {
		t.Errorf("%d sets before the first request", n)
	}
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	registry := prometheus.NewRegistry()
	registry.MustRegister(v, size)
	families := gather(t, registry)
	if m := families["x"].GetMetric(); len(m) != 1 || !strings.Contains(m[0].String(), "exemplar") || !strings.Contains(m[0].String(), `"404"`) {
		t.Errorf("%v", m)
	}
	if total(families["y"]) != 1 {
		t.Errorf("%v", families["y"])
	}
}

// What goes over the wire is what a scraper can read, and what promlint accepts.
func TestWire(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	options := []cardinality.Option{cardinality.MaxSets(3)}
	h := NewHistogramVec(prometheus.HistogramOpts{Name: "a_seconds", Help: "h", NativeHistogramBucketFactor: 1.1, Buckets: []float64{1}}, []string{"a"}, options...)
	s := NewSummaryVec(prometheus.SummaryOpts{Name: "b_seconds", Help: "h", Objectives: map[float64]float64{0.5: 0.05}}, []string{"a"}, options...)
	c := NewCounterVec(prometheus.CounterOpts{Name: "c_total", Help: "h"}, []string{"a"}, options...)
	g := NewGaugeVec(prometheus.GaugeOpts{Name: "d", Help: "h"}, []string{"a"}, options...)
	registry.MustRegister(h, s, c, g)
	for i := range 10 {
		a := fmt.Sprint(i, "\xff\"\n")
		h.WithLabelValues(a).Observe(0.5)
		s.WithLabelValues(a).Observe(0.5)
		c.WithLabelValues(a).Inc()
		g.WithLabelValues(a).Inc()
	}
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	// A decoder, as package expfmt makes its text parser in another way since 0.66.
	decoder, read := expfmt.NewDecoder(response.Body, expfmt.NewFormat(expfmt.TypeTextPlain)), 0
	for f := new(dto.MetricFamily); decoder.Decode(f) == nil; f = new(dto.MetricFamily) {
		read++
		if total(f) != 10 || len(f.GetMetric()) != 4 {
			t.Errorf("%v: want 10 in 4 sets", f)
		}
	}
	if read != 4 {
		t.Errorf("%d metrics of 4 can be read", read)
	}
	gathered, _ := registry.Gather()
	if problems, err := promlint.NewWithMetricFamilies(gathered).Lint(); err != nil || len(problems) > 0 {
		t.Error(err, problems)
	}
}

// A vec that is guarded from outside stays the one that is registered.
func TestWrap(t *testing.T) {
	labels, constant := []string{"method", "path"}, prometheus.Labels{"z": `a="b", variableLabels: {q}`}
	counters := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "c", Help: `}, variableLabels: {x}`, ConstLabels: constant}, labels)
	gauges := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "g"}, labels)
	histograms := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "h"}, labels)
	summaries := prometheus.V2.NewSummaryVec(prometheus.SummaryVecOpts{
		SummaryOpts: prometheus.SummaryOpts{Name: "s"},
		VariableLabels: prometheus.ConstrainedLabels{
			{Name: "method", Constraint: strings.ToUpper}, {Name: "path"},
		},
	})
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(counters, gauges, histograms, summaries)
	options := []cardinality.Option{cardinality.MaxValues("path", 5)}
	c, g := WrapCounterVec(counters, options...), WrapGaugeVec(gauges, options...)
	h, s := WrapHistogramVec(histograms, options...), WrapSummaryVec(summaries, options...)
	for i := range 100 {
		path := fmt.Sprint("/", i)
		c.WithLabelValues("get", path).Inc()
		g.With(prometheus.Labels{"method": "get", "path": path}).Inc()
		h.With2("get", path).Observe(1)
		s.MustCurryWith(prometheus.Labels{"method": "get"}).WithLabelValues(path).Observe(1)
	}
	for name, f := range gather(t, registry) {
		if len(f.GetMetric()) != 7 || total(f) != 100 {
			t.Errorf("%s: %d sets with %v: want 100 in 5, the overflow and an empty one", name, len(f.GetMetric()), total(f))
		}
	}
	if err := registry.Register(c); err == nil {
		t.Error("the guard of a registered vec was registered too")
	}
	if !c.DeleteLabelValues("get", "/1") || sets(counters) != 6 {
		t.Error("a set deleted through the guard is still in the vec")
	}
	c.WithLabelValues("get", "/1").Inc()
	if sets(counters) != 7 {
		t.Error("a set that was deleted does not come back")
	}
	h.Reset()
	if sets(histograms) != 1 {
		t.Error("Reset leaves sets in the vec")
	}
}

// A set holds about what the budget in bytes takes it for.
func TestBytesPerSet(t *testing.T) {
	if testing.Short() {
		t.Skip("measures the heap")
	}
	objectives := map[float64]float64{0.5: 0.05, 0.99: 0.001}
	for name, test := range map[string]struct {
		make func() prometheus.Collector
		want int64
	}{
		"counter": {func() prometheus.Collector {
			return NewCounterVec(prometheus.CounterOpts{Name: "x"}, abc)
		}, counterBytes},
		"gauge": {func() prometheus.Collector {
			return NewGaugeVec(prometheus.GaugeOpts{Name: "x"}, abc)
		}, gaugeBytes},
		"histogram": {func() prometheus.Collector {
			return NewHistogramVec(prometheus.HistogramOpts{Name: "x"}, abc)
		}, histogramBytes(prometheus.HistogramOpts{})},
		"summary": {func() prometheus.Collector {
			return NewSummaryVec(prometheus.SummaryOpts{Name: "x"}, abc)
		}, summaryBytes(prometheus.SummaryOpts{})},
		"summary with objectives": {func() prometheus.Collector {
			return NewSummaryVec(prometheus.SummaryOpts{Name: "x", Objectives: objectives}, abc)
		}, summaryBytes(prometheus.SummaryOpts{Objectives: objectives})},
	} {
		n := min(500, int(cardinality.DefaultMaxBytes/test.want))
		vec := test.make()
		before := heapNow()
		for i := range n {
			fill(vec, fmt.Sprint(i))
		}
		each := int64(heapNow()-before) / int64(n)
		runtime.KeepAlive(vec)
		t.Logf("%s: %d bytes, estimated %d", name, each, test.want)
		if each > test.want*5/4 || each < test.want*3/5 {
			t.Errorf("%s: a set holds %d bytes, and is taken for %d", name, each, test.want)
		}
	}
}

func fill(c prometheus.Collector, value string) {
	switch v := c.(type) {
	case *CounterVec:
		v.WithLabelValues(value, "b", "c").Inc()
	case *GaugeVec:
		v.WithLabelValues(value, "b", "c").Inc()
	case prometheus.ObserverVec:
		v.WithLabelValues(value, "b", "c").Observe(1)
	}
}
