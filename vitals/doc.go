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
// The report names the program and its version, what could not be read, and how the
// process before ended. Times in its words are UTC. What the verdict line means and the
// form in JSON are in docs/REPORT.md. [ListenAndServe] serves the pages from a listener
// of their own.
//
// # Cost
//
// Fifteen goroutines, one for each thing that polls, and two more with a state file
// and captures; all but the one that measures delay are woken at the same instants,
// about once a second. A process that does nothing else takes 0.04 % of a core for
// them, and 3 MiB of resident memory, of which 0.9 MiB is live heap. The probe of
// delays ticks ten times a second while all is quiet, which takes another 0.16 % of a
// core, and at its full pace where work has to wait: on a machine with ten times more
// to do than processors it took 1.3 %. Config.NoProbe leaves it out. The records of
// the heap profile take 368 bytes each. A report reads what was gathered
// before, but for its figures, for which it takes two profiles, every ten seconds at most.
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
