// Package govitals is the documentation of govitals; the code is in its
// packages.
//
// A Go service that carries govitals can say, in words, whether it is leaking,
// what is to blame, and when it will die of it.
//
//	v, err := vitals.Start(ctx, vitals.Config{})
//	if err != nil { … }
//	defer v.Close()
//	prometheus.MustRegister(promvitals.Collector(v))
//	mux.Handle("/debug/", v.Handler())
//
//	curl localhost:8080/debug/vitals
//
// # Which package
//
//	What you see or want                        Package
//	------------------------------------------  ---------------------------------
//	everything at once, in one call             vitals
//	memory creeps up; who grew, when it ends    heap, leakguard.Trend
//	goroutines pile up; where do they start     leakguard.Goroutines
//	something of yours must not pile up         leakguard.Signal, vitals.Watch
//	it was killed and nothing is left           heap.Recorder, heap.OnPressure
//	how much memory should it request?          heap.RightSize
//	a pprof snapshot that cannot be abused      heap.Handler at /debug/heap
//	the figures in Prometheus                   export/promvitals
//	the figures in OpenTelemetry                export/otelvitals
//	figures or sentences of your own            metric, finding, vitals.Add
//
// # What it costs
//
// Reading the heap takes one runtime/metrics read: no allocation and no
// stop-the-world. Vitals runs about ten goroutines that share their wake-ups.
// Whoever imports a single core package pays for the standard library
// alone. Measured figures are in docs/PERFORMANCE.md.
//
// # What it cannot see
//
// This version does not see how long requests wait, labels that explode inside a
// metrics library, or work that is no longer done; a signal of your own can watch
// them. Each package says in its own documentation what it cannot see.
package govitals
