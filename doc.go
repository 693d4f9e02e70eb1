// Package govitals is the documentation of govitals; the code is in its
// packages.
//
// A Go service that carries govitals can say, in words, how it is: what survives
// garbage collection, what grows, how far its limits are.
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
//	memory creeps up; is it the heap?           heap
//	a pprof snapshot that cannot be abused      heap.Handler at /debug/heap
//	something of yours must not pile up         leakguard.Signal, vitals.Watch
//	the figures in Prometheus                   export/promvitals
//	the figures in OpenTelemetry                export/otelvitals
//	figures or sentences of your own            metric, finding, vitals.Add
//
// # What it costs
//
// Reading the heap takes one runtime/metrics read: no allocation and no
// stop-the-world. Vitals runs one goroutine for the heap and one for each watched
// signal. Whoever imports a single core package pays for the standard library
// alone. Measured figures are in docs/PERFORMANCE.md.
//
// # What it cannot see
//
// This version measures growth and does not judge it; it does not name the code
// that grows, and it does not see how long requests wait. Each package says in
// its own documentation what it cannot see.
package govitals
