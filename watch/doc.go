// Package watch says whether the work is still being done: whether periodic jobs
// succeed, queues move and requests end. A histogram of durations knows only work
// that ends; here is what does not.
//
//	job := watch.NewJob(watch.JobConfig{Name: "refresh", Every: 10 * time.Minute})
//	go job.Run(ctx, refresh) // JOB STOPPED: refresh last succeeded 61 days ago, …
//
//	queue := watch.NewQueue("mail")
//	item := queue.Add() // and item.Start, item.Done where a worker has it
//
// Each part is a metric.Source and a finding.Source: hand it to an exporter, or to
// vitals.
//
// # Jobs
//
// A [Job] runs a function again and again. It survives its panics, keeps apart when
// a run began and when one succeeded, and works out at the moment of the question
// whether a success is missing: a job that hangs, whose goroutine is gone, or that
// nobody ever started cannot look healthy. [Jobs] puts many together, with one
// readiness check.
//
// # Queues
//
// A [Queue] goes beside any queue, a [Chan] is a channel with one. The names of the
// figures are those of client-go's work queues. A [Backlog] looks at a queue that exists
// from outside, such as a channel or a table:
//
//	mail := watch.ChanBacklog("mail", mails) // and mail.Start, mail.Close
//
// # Requests
//
//	inflight := watch.NewInFlight(watch.InFlightConfig{})
//	err := inflight.Start(ctx) // and defer inflight.Close()
//	server := &http.Server{Handler: inflight.Middleware(mux)}
//
//	client := &http.Client{Transport: watch.NewOutbound(nil, watch.OutboundConfig{})}
//
// An [InFlight] knows what runs now, by age, and finds requests that go on although
// their client has left. An [Outbound] does the same for calls to others, with their
// bytes. Routes and hosts are labels, and have a cap: see package cardinality.
//
// # What the process holds
//
//	pool := watch.NewPool(watch.PoolConfig{Name: "db", DB: db})
//	state := watch.NewState("sessions", 0, func() (int, int64) { return sessions.Len(), -1 })
//	process := watch.NewProcess()
//
// Each of the three has Start and Close. A [Pool] says when callers wait for it, a
// [State] tells data that grew from a leak, and a [Process] has what the kernel counts.
//
// # What work and memory do to each other
//
//	effects := watch.NewEffects(watch.EffectsConfig{InFlight: inflight, Jobs: []*watch.Job{job}})
//
// An [Effects] says which routes answer more slowly the more memory is live, and how
// much each request, or each run of a job, leaves behind: bytes, goroutines. It looks at
// changes, since two figures that both grow always correlate, and takes out what the
// load explains. Of made-up lives of one route with nothing to find, judged all along,
// less than 2 % are accused (go test -run xxx -bench FalseAlarms ./watch); with many
// routes there are as many chances to err.
//
// # Cost
//
// A run of a Job costs three readings of the clock and a lock or two, less than a
// microsecond, and with a StateFile two syncs of the disk a minute at most. It has no
// goroutine besides that of Run, and one with OnOverdue. What an Item or a request
// costs is mostly the reading of the clock, once per step, and it allocates nothing
// once there are as many records as things at the same time: a request takes twice as
// long as two readings of the clock, about as long as a gauge and a histogram of
// client_golang, and the middleware a third of the time of promhttp's. A call through
// an Outbound allocates for its two bodies.
//
// A Queue and an InFlight hold 14 KiB, 80 to 150 bytes for each thing that is in them
// now, and 4 KiB for each histogram: one for each route and outcome, and each host
// and outcome, that occurs. InFlight, Pool, Backlog, State and Process have a goroutine
// each from Start to Close, that wakes up once a second or once in ten. An Effects has
// one that works out its findings every five minutes.
//
// # What it cannot see
//
// Whether what a job did was of any use, unless it says how old its data is with
// [Job.Fresh]. A machine that was suspended: jobs are overdue by the monotonic clock,
// which stands still then; but what a StateFile holds is judged by the wall clock.
// The ages of things beyond 65,536 in one queue or in flight, which are only counted.
// An item whose end nobody notes looks like a worker that is stuck.
//
// The status of a response: to see it, a middleware has to put itself between handler
// and connection, which takes abilities such as sendfile away. The route of a request
// before it has ended, unless Begin says it or the middleware is around an
// http.ServeMux. Heads, encryption and retries of the
// transport, in the bytes of an Outbound. Who waits for a database/sql.DB at the
// moment: it does not tell, so a Pool concludes it from waits that begin and do not
// end.
//
// For an Effects: memory that grows as evenly as a clock, with a response time that does
// too; what each request leaves where there are always as many of them; a third thing
// that drives both, such as a job that takes memory and processors, looks as if the one
// followed the other. Where clients wait for one answer before they ask again, slow
// answers make the load small, and the load then seems to explain them.
package watch
