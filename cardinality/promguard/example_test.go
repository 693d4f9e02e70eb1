package promguard_test

import (
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/cardinality/promguard"
)

func ExampleNewHistogramVec() {
	seconds := promguard.NewHistogramVec(prometheus.HistogramOpts{
		Name: "request_seconds", Help: "Time to answer requests.",
	}, []string{"method", "path"}, cardinality.MaxValues("path", 100))
	registry := prometheus.NewRegistry()
	registry.MustRegister(seconds)

	for i := range 10_000 {
		seconds.WithLabelValues("GET", fmt.Sprint("/orders/", i)).Observe(0.1)
	}
	counts, _ := promguard.Count(registry)
	fmt.Println(counts.Sets, "sets")
	fmt.Println(seconds.Guard().Findings()[0].Culprits[0].Name, "exploded")
	// Output:
	// 101 sets
	// request_seconds{path} exploded
}

// A vec that is registered already stays so.
func ExampleWrapCounterVec() {
	registry := prometheus.NewRegistry()
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "errors_total"}, []string{"reason"})
	registry.MustRegister(vec)

	guarded := promguard.WrapCounterVec(vec, cardinality.MaxSets(10))
	for i := range 1000 {
		guarded.WithLabelValues(fmt.Sprint("no such file: ", i)).Inc()
	}
	counts, _ := promguard.Count(registry)
	fmt.Println(counts.Sets, "sets")
	// Output: 11 sets
}

// A library makes its own vecs, and takes a registerer.
func ExampleWrapRegisterer() {
	registry := prometheus.NewRegistry()
	library := func(r prometheus.Registerer) *prometheus.CounterVec {
		vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lookups_total"}, []string{"host"})
		r.MustRegister(vec)
		return vec
	}

	guarded := promguard.WrapRegisterer(registry, cardinality.MaxSets(50))
	defer guarded.(*promguard.Registerer).Close()
	lookups := library(guarded)
	for i := range 1000 {
		lookups.WithLabelValues(fmt.Sprint("host", i)).Inc()
	}
	counts, _ := promguard.Count(registry)
	fmt.Println(counts.Sets, "sets")
	// Output: 51 sets
}

// A Series in front of a registry counts at each scrape, which costs next to
// nothing.
func ExampleNewSeries() {
	registry := prometheus.NewRegistry()
	series := promguard.NewSeries(registry)
	http.Handle("/metrics/shop", promhttp.HandlerFor(series, promhttp.HandlerOpts{}))
	fmt.Println(series.Name(), series.Unit())
	// v.Watch(series)

	// Output: series {series}
}
