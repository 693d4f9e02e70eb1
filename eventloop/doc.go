// Package eventloop measures the delay that a request really feels before the Go
// scheduler runs it, and says what causes it: what Node calls event-loop lag.
//
//	probe, err := eventloop.New(eventloop.Config{
//		OnStall: func(s eventloop.Stall) { log.Printf("stalled for %v: %s", s.Lag, s.Cause) },
//	})
//	if err := probe.Start(ctx); err != nil { … } // and defer probe.Close()
//
//	a := probe.Snapshot()
//	time.Sleep(time.Minute)
//	window := probe.Snapshot().Sub(a)
//	fmt.Println(window.Quantile(0.99), window.Max, window.Stalls)
//
// A [Probe] is a metric.Source and a finding.Source: hand it to an exporter, or to
// vitals.
//
// # What is measured
//
// The delay of a request that arrives at a random instant. A goroutine that a timer
// wakes does not feel it: it is put in front of the run queue (runnext, in ready of
// GOROOT/src/runtime/proc.go), so a probe that sleeps and looks at the clock reads
// a fifth of the truth or less when the scheduler is overloaded. On Linux a Probe
// therefore reads a timerfd through the netpoller and is woken exactly as a
// goroutine that reads a socket. The kernel counts the ticks that were missed, and
// each has its own delay: a stall of 200 ms is twenty ticks of 200, 190, 180 … ms,
// not one.
//
// Elsewhere, where the kernel refuses a timerfd, and in a bubble of testing/synctest,
// it sleeps, goes to the end of the run queue, and counts missed ticks by itself.
// [Snapshot.Mode] says which it is.
//
// The period is Config.Period after a stall and while lag lasts, and Config.IdlePeriod
// otherwise: a single late tick is the noise of a machine. A tick counts for as many
// requests as there are periods in the time that it stands for, so the switch does not
// change the figures.
//
// Beside it stands the runtime's own reading, /sched/latencies, as [Snapshot.Sched]:
// it is blind to stalls of the whole process and to waits in progress, and its
// quantiles changed with Go 1.26. If lag is high and Sched is low, look outside of
// the process.
//
// # Causes
//
// When a stall is over, the counters of the runtime and of the kernel are compared
// with those before it, and the first cause that covers the stall is named:
// throttled, frozen, host_contention, stw_blocked, stw, gc, runqueue, nonpreemptible
// ([Causes], with a sentence and advice each). What is outside of the process comes
// first, because it also prolongs whatever goes on inside. [Evidence] has the
// figures, and says what could not be read. Where nothing covers it the cause is
// unknown. On other systems than Linux only the runtime's causes are known.
//
// # Shedding load
//
//	handler := eventloop.Shed(mux, eventloop.ShedConfig{Probe: probe, MaxLag: 50 * time.Millisecond})
//
// [Shed] answers requests with status 503 while ready work waits for too long. Of
// the rest 99 in 100 are meant to wait for a processor for less than MaxLag. Health
// checks are exempt; with DryRun it only counts. It costs one atomic load per request,
// 6 ns, and needs a Probe that runs: otherwise it admits everything, and its findings
// say so.
//
// # Capturing stalls
//
// A [Capture] writes what the process did in the last seconds when it stalls: an
// execution trace where there is a flight recorder, a goroutine profile, the cause. It
// keeps to a rate and to a directory of a bounded size, and cuts the time that it takes
// itself out of the lag. Package eventloop/stalltrace and the command govitals
// stall name the function to blame from the trace. A flight recorder costs something
// all the time, so there is none unless you give one or set CaptureConfig.Record.
//
// # Cost
//
// Two goroutines and one file descriptor, a third goroutine with OnStall, no thread.
// A tick takes about 100 µs of a processor, nearly all of it for waking up from idle,
// as a loop that sleeps does: about 0.9 % of a core at 10 ms and 0.15 % at 100 ms. It
// allocates nothing. A Snapshot takes 2 to 5 µs and 6 KiB; a Probe holds 70 KiB.
//
// The counters that explain stalls are read at each second tick, but not more often
// than each 50 ms, and when one is late: 4 µs, 12 µs under a CPU quota, and some 10 µs
// per thread once a second, or more often where threads wait, never more than 0.1 % of
// a core.
//
// # What it cannot see
//
// A stall while it lasts, other than as [Probe.Overdue]: whoever would report it does
// not run either. Between two ticks: a stall that is shorter than the period is seen
// with a probability of its length over the period, and a longer one looks up to a
// period shorter. The histogram is right on average all the same; single stalls of
// an idle process are best seen with IdlePeriod set to Period.
//
// Goroutines that wait for a lock, for memory or for each other are not late for
// the scheduler: [Snapshot.MutexWait] stands beside. A machine that was suspended:
// its clock stands still. With [Timer], whatever is below 2 ms, which is how late
// the runtime's timers are on an idle machine.
//
// Causes: a thread that still waits for a processor when the stall ends (the kernel
// counts a wait when it is over); the share of the first collection of a process while
// it still runs; which of two causes came first, where each covers about half (behind a
// long queue or a collection of its own, a process that gets a third of the processors
// has itself to blame, and the host below that); more than 256 threads; a quota of an
// ancestor other than the lowest one. Hugepages, page faults and slow disks stop threads
// without a trace in these counters: a stall of that kind reads as frozen (major faults
// are shown) or unknown.
package eventloop
