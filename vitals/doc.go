// Package vitals is govitals in one call: it starts what watches the process,
// puts the findings of all parts together into one report in words, and serves
// that report.
//
//	v, err := vitals.Start(ctx, vitals.Config{})
//	if err != nil { … }
//	defer v.Close()
//	prometheus.MustRegister(promvitals.Collector(v))
//	mux.Handle("/debug/", v.Handler())
//
//	curl localhost:8080/debug/vitals
//
// It watches live memory, with who makes it grow; goroutines, with where they
// pile up; memory outside of Go; threads; descriptors. What else the process
// should not pile up is added with [Vitals.Watch], anything that has something to
// say with [Vitals.Add]. Config.StateFile keeps the trends over restarts,
// Config.CaptureDir keeps evidence.
//
// # Who may look
//
// The handler fails closed: without configuration it answers only requests that
// come from this machine, name this machine as their host and show no sign of a
// proxy or of a foreign web page. A plain reverse proxy on the same machine that
// adds no header cannot be told from a person at a keyboard: where there is one,
// set Config.Token, or serve the handler from a listener of its own.
//
// # Cost
//
// One goroutine for each thing that polls, nine without signals of your own, woken
// at the same instants; about 0.6 MiB, and 368 bytes for each record of the heap
// profile; in an idle process 0.03 % of a core, where a bare ticker of a second
// takes 0.02 %. A report reads what was gathered before.
//
// # What it cannot see
//
// Whatever nobody watches, and how long requests wait. With the default
// Resolution nothing is called a leak before twelve hours; growth and the time
// until a limit is reached are said much earlier.
package vitals
