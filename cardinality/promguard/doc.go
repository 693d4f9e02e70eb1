// Package promguard gives Prometheus vecs whose label sets are bounded.
//
//	var seconds = promguard.NewHistogramVec(prometheus.HistogramOpts{
//		Name: "http_request_duration_seconds", Help: "Time to answer requests.",
//	}, []string{"method", "code", "path"}, cardinality.MaxValues("path", 200))
//
//	prometheus.MustRegister(seconds)
//	seconds.WithLabelValues(r.Method, code, r.URL.Path).Observe(elapsed.Seconds())
//
// The methods are those of the vecs of client_golang, and [HistogramVec] and
// [SummaryVec] are a prometheus.ObserverVec, which the handlers of promhttp take.
// What may be in a label, how many sets there may be and what happens then is said
// by options of package cardinality. Whatever is beyond shares a set in which the
// label that exploded shows "(other)", and the other labels stay true. Sets that
// come often get a series of their own, for which one that is not used gives its
// place: its totals move into the shared one, so that nothing is lost and no sum
// goes down from scrape to scrape.
//
// Who exploded is said by Guard, which goes into the report of vitals:
//
//	v.Add(seconds.Guard())
//
// For vecs that exist there is [WrapCounterVec] with its kin, one line each. For
// those that somebody else wrote there is [WrapRegisterer]. For all metrics,
// guarded or not, there is [SeriesSignal], which says which metric{label} grows,
// and in tests [AssertBounded].
//
// # What is different from client_golang
//
//   - Nothing panics in the middle of a request. A wrong number of label values and
//     wrong names lead to the overflow and are counted, in cardinality_misused;
//     methods that return an error return it. A negative Add, NaN, and exemplars
//     that are not valid are counted in govitals_cardinality_dropped_total.
//   - Invalid UTF-8 in a value is repaired instead of refused.
//   - Reserved labels and buckets out of order panic in New…Vec, not at first use.
//   - A child that was kept finds its set again after the set was demoted. After
//     Delete and Reset it writes to nowhere, as in client_golang. A child of the
//     overflow that is kept stays one.
//   - Set on a gauge of the overflow does nothing but count: many values have no
//     right sum. Add, Sub, Inc and Dec go on. A gauge that was ever set is never
//     demoted.
//   - The overflow of a summary adds up counts and sums. Its quantiles are of what
//     was observed in the overflow itself.
//   - Exemplars of a demoted set are gone, its created timestamp too.
//   - promhttp.InstrumentHandlerCounter takes *prometheus.CounterVec and nothing
//     else: use InstrumentHandlerDuration, whose histogram counts too, or
//     [WrapRegisterer].
//
// # Cost
//
// Compared with the same call on a vec of client_golang 1.25, in turns in one
// process, with three labels, 64 sets and 12 buckets: WithLabelValues and Observe
// take 0.56 of the time, With3 0.53, With with a map 0.37, and nothing is allocated;
// with two goroutines at once 0.53. A child that is kept takes 0.14 of a lookup
// with Observe. Making a set takes 1.5 times as long, an Observe in the overflow
// 1.1 to 1.3 times as long as a hit of client_golang. A scrape holds up nobody: the
// longest lookup of a new set while 100,000 were gathered was 0.001 of that in
// client_golang, where all lookups wait behind it (BenchmarkPromguard… in
// benchmarks/, on two shared cores of an AMD EPYC).
//
// A set holds 850 bytes for a counter, 1.7 KiB for a histogram with the default
// buckets, 70 KiB for a summary with objectives; the guard counts bytes, not sets
// alone: see [cardinality.MaxBytes]. [WrapRegisterer] and [Series] look at all
// metrics of what they watch, the one once a second, the other a thousandth of the
// time.
//
// No goroutine is started but by [WrapRegisterer], and one for the time of a
// collection where metrics are looked at.
//
// # What it cannot see
//
// [WrapRegisterer] works on vecs from outside. A vec may hold more than its limit
// for as long as a second. Who keeps a child of a set that was deleted loses what
// comes later unless it is used within two seconds, and then every ten minutes.
// Gauges that have no place are deleted. A child that the owner deletes and makes again between two sweeps may
// lose what it had. Exemplars do not move into the overflow. Collectors of
// several metrics keep their vecs to themselves, and so does what comes through
// prometheus.WrapRegistererWith, which belongs inside: give [WrapRegisterer] its result.
// Of a vec that is curried no set can be deleted. They are not bounded, and Findings
// names those that have more than [cardinality.DefaultMaxSets] sets. Nor is a vec
// with a constraint that changes its own results, such as a hash: its sets stay. A vec
// in two registries, each behind a Registerer of its own, loses to each what the other
// has admitted: give a vec to one.
//
// The Wrap…Vec functions never demote: who came first keeps the place. They always
// export the set of the overflow. Constraints of labels are not seen: give their
// functions to [cardinality.Normalize] too, or two values of one series are two sets,
// and Delete of one takes the series from the other.
//
// [Series] counts at scrapes or at intervals: what comes and goes in between is
// not seen. It names the label with the most values, which in a metric with two
// labels of the same kind may be the wrong one. It gathers as a scrape does, so what
// ends or delays a scrape, such as a collector that panics, does so here too.
package promguard
