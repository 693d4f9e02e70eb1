// Package heap says what the garbage collector can honestly say about memory:
// what survives, who grew, what the process holds, how far its limits are, and
// what it should ask for.
//
// Three lines for a service that wants the figures and nothing else:
//
//	monitor, err := heap.NewMonitor(heap.MonitorConfig{})
//	if err != nil { … }
//	if err := monitor.Start(ctx); err != nil { … } // and defer monitor.Close()
//
// A Monitor is a metric.Source and a finding.Source, so promvitals.Collector,
// otelvitals.Register and vitals.Add take it as it is. For a report, and for a
// snapshot that go tool pprof opens:
//
//	mux.Handle("/debug/heap", heap.Handler(heap.HandlerConfig{Monitor: monitor}))
//
//	curl 'localhost:8080/debug/heap?format=text'
//	go tool pprof http://localhost:8080/debug/heap
//	go tool pprof 'http://localhost:8080/debug/heap?since=baseline'
//
// [Sites] ranks allocation sites by how steadily they grow. [Recorder] captures
// evidence before the process dies, [OnPressure] lets it finish what it has begun
// and restart instead, [RightSize] says what to request. vitals.Start connects
// them.
//
// # Words
//
// Go's collector has no generations. Live and young are an accounting view:
// live is what the latest collection found reachable, young what was allocated
// since and has not been looked at yet. Live moves only when a collection ends,
// so an idle process shows an old figure; Snapshot.LastCycle says how old.
//
// # Cost
//
// [Read] is one runtime/metrics read: no allocation, no stop-the-world,
// independent of the size of the heap (docs/PERFORMANCE.md has it beside
// runtime.ReadMemStats). A [Monitor] is one goroutine that reads once a second,
// and some small files every ten; a day of history takes 150 KiB. A step of
// [Sites] takes about a tenth of the time of a heap profile and allocates nothing
// while no new sites appear. A [Handler] costs what is asked of it: a page or a
// profile is rendered at most once a second, takes at most a quarter of the time
// if many different ones are asked for, and goes out ten times a second to all
// clients together, after twenty at once. Who is faster waits or gets 429.
//
// # What it cannot see
//
// Which object keeps another alive; memory that C code or mmap took; anything
// before the first collection. Stacks deeper than 32 frames are cut, except in
// the plain snapshot. Whether growth is a leak is not decided here: package
// leakguard judges trends.
package heap
