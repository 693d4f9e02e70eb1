// Package promvitals hands the figures of govitals to Prometheus.
//
//	v, err := vitals.Start(ctx, vitals.Config{})
//	prometheus.MustRegister(promvitals.Collector(v))
//	mux.Handle("/metrics", promhttp.Handler())
//
// Any [metric.Source] will do in place of v, and several may be given. Give all
// of them to one Collector: it drops what repeats or contradicts another of its
// sources, where Prometheus would refuse the whole scrape. Everything dropped is
// counted in govitals_export_dropped_total by reason; a source that panics loses
// its own figures only.
//
// Histograms leave in both forms at once, as classic buckets and as a native
// histogram. A server that does not take native histograms (2.40 and later need
// a flag, 3.x scrape_native_histograms: true) uses the classic buckets, so
// queries on the _bucket series work everywhere.
//
// # The collector is unchecked
//
// Sources may come to know more metrics after registration, as with vitals.Add.
// A checked collector has to name all its metrics at registration, and a
// pedantic registry refuses the scrape when it sends others. So Describe sends
// nothing, which Prometheus calls an unchecked collector. The price:
//
//   - Registering one source twice in a registry is not refused. It shows at the
//     first scrape, as an error that names the metric "collected before with the
//     same name and label values", and with the default promhttp options every
//     scrape then fails. Register once, at start-up.
//   - Unregister does not find it. A part of the program that is started and
//     stopped more than once needs a registry of its own.
//
// # Cost
//
// Collect costs about 65 µs, 36 KB and 411 allocations for 60 samples, six of
// them histograms (BenchmarkCollect, on two shared cores of an AMD EPYC); the
// registry's own work on them takes three times that. Between scrapes it costs
// nothing: no goroutine and no timer.
//
// Importing this package imports client_golang, and that imports expvar, whose
// init registers GET /debug/vars on [net/http.DefaultServeMux] and publishes the
// command line, os.Args, with whatever secrets its flags hold. Do not serve
// DefaultServeMux to strangers.
//
// # What it cannot see
//
// Two Collectors do not know of each other: only the registry sees that both
// report the same series. There are no exemplars and no _created series. A
// source that never returns from Collect holds up the scrape.
package promvitals
