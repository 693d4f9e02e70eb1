// Package heap says what the garbage collector can honestly say about memory:
// what survives, what is waiting to be collected, what the process holds and
// how far its limits are.
//
// Three lines for a service that wants the figures and nothing else:
//
//	monitor, err := heap.NewMonitor(heap.MonitorConfig{})
//	if err != nil { … }
//	if err := monitor.Start(ctx); err != nil { … } // and defer monitor.Close()
//
// A Monitor is a metric.Source and a finding.Source, so promvitals.Collector,
// otelvitals.Register and vitals.Add take it as it is. For a snapshot that
// go tool pprof opens:
//
//	mux.Handle("/debug/heap", heap.Handler(heap.HandlerConfig{Monitor: monitor}))
//
//	go tool pprof http://localhost:8080/debug/heap
//	curl 'localhost:8080/debug/heap?format=text'
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
// runtime.ReadMemStats). A [Monitor] is one goroutine that reads once a second.
//
// # What it cannot see
//
// Which object keeps another alive; memory that C code or mmap took; anything
// before the first collection. Whether growth is a leak is not decided here:
// package leakguard judges trends.
package heap
