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
// It watches live memory, with who makes it grow; how long ready work waits to run,
// with the cause of each stall and, with Config.NameStall, who is to blame; goroutines, with where they
// pile up; the memory of their stacks; threads, with the go statements that hold
// them; descriptors, by kind; memory outside of Go; finalizers and cleanups that
// wait; the memory of the runtime's own profiles. What else the process should not
// pile up is added with [Vitals.Watch], anything that has something to say with
// [Vitals.Add]. Config.StateFile, one for each process, keeps the trends over
// restarts, Config.CaptureDir keeps evidence.
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
// One goroutine for each thing that polls, fourteen without signals of your own, woken
// at the same instants but for the one that measures delay, which ticks ten times a
// second and takes another 0.16 % of a core (Config.NoProbe leaves it out); about 0.6 MiB, and 368 bytes for each record of the heap
// profile. An idle web service of 1,000 goroutines takes 0.04 % of a core with it
// and 0.01 % without. A report reads what was gathered before.
//
// # What it cannot see
//
// Whatever nobody watches, and what requests wait for other than a processor. Memory outside of Go is
// judged without files that are mapped, which the kernel can drop, and as far as it
// exceeds what the Go runtime may have touched: as much as the program allocated
// and never used can hide a leak there. With the default
// Resolution nothing is called a leak before twelve hours; growth and the time
// until a limit is reached are said much earlier.
package vitals
