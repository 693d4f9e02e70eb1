package eventloop

import "time"

// evidence subtracts the readings before a stall from those after it.
func (w *witness) evidence(start, end time.Time, lag time.Duration) Evidence {
	e := Evidence{Unread: w.faults.list(), Cores: w.source.cores}
	fast := w.stretch(start, end, lag, fastAt)
	e.Window, e.Lag = fast.length, min(lag, fast.length)
	if e.Lag <= 0 {
		e.Unread = append(e.Unread, "everything (there is no reading from before the stall)")
		return e
	}
	e.addRuntime(&fast)
	e.GCOverlap, e.GCShare = w.gc.during(later(start, fast.before.at), end)
	e.gcUnmeasured = w.gc.unmeasured()
	threads := w.stretch(start, end, lag, threadsAt)
	e.addRunDelay(&threads, &fast)
	e.Steal = threads.time(func(r *reading) time.Duration { return r.steal })
	e.Pressure = threads.time(func(r *reading) time.Duration { return r.pressure })
	e.hasCPU = w.faults[readUsage] == nil
	e.hasRunDelay = w.faults[readThreads] == nil
	return e
}

func (e *Evidence) addRuntime(s *stretch) {
	e.Procs = max(s.before.procs, s.after.procs)
	e.CPU = s.time(func(r *reading) time.Duration { return r.cpu })
	e.mostCPU = time.Duration(s.most(func(r *reading) int64 { return int64(r.cpu) }))
	e.MajorFaults = s.count(func(r *reading) uint64 { return r.faults })
	e.addPauses(s)
	e.RunnableBefore, e.RunnableAfter = s.before.runnable, s.after.runnable
	e.Switches = s.count(func(r *reading) uint64 { return r.switches })
	e.mostSwitches = uint64(s.most(func(r *reading) int64 { return int64(r.switches) }))
	e.Waiting = float64(s.time(func(r *reading) time.Duration { return r.waited })) / float64(e.Lag)
	e.ThrottledPeriods = s.after.throttledPeriods - min(s.before.throttledPeriods, s.after.throttledPeriods)
	e.Throttled = s.time(func(r *reading) time.Duration { return r.throttled })
	e.Suspended = s.time(func(r *reading) time.Duration { return r.suspended })
	if s.after.throttled < s.before.throttled {
		e.Unread = append(e.Unread, "CPU quota (its counters went back: the process was moved to another group)")
	}
	e.MutexWait = s.time(func(r *reading) time.Duration { return r.mutex })
}

func (e *Evidence) addPauses(s *stretch) {
	e.Stopped = s.time(func(r *reading) time.Duration { return r.stopped })
	e.Stopping = s.time(func(r *reading) time.Duration { return r.stopping })
	e.GCStopped = s.time(func(r *reading) time.Duration { return r.gcStopped })
	e.GCStopping = s.time(func(r *reading) time.Duration { return r.gcStopping })
}

// addRunDelay takes off nothing for a time in which the process did nothing: who
// does not run does not wait to. Between the other readings is where it is known
// what the process did besides the stall.
func (e *Evidence) addRunDelay(threads, fast *stretch) {
	s := *threads
	besides := s.length - fast.length
	ran := s.after.threadsCPU - s.before.threadsCPU - (fast.after.cpu - fast.before.cpu)
	if besides > gap && ran <= besides/idleDuty {
		s.outside = min(s.outside, fast.outside)
	}
	e.RunDelay = s.time(func(r *reading) time.Duration { return r.runDelay })
	e.LongestRunDelay = s.time(func(r *reading) time.Duration { return r.longest })
	e.mostRunDelay = max(0, s.after.longest-s.before.longest)
}

// lookAgain reads the pauses and the queue once more. A pause is counted after the
// world was started again (startTheWorldWithSema in GOROOT/src/runtime/proc.go), and
// who counts it may have to wait for a processor meanwhile. A crowd that a stall of
// another kind left has begun to run; a queue of long work is still there.
func (w *witness) lookAgain(e *Evidence, start, end time.Time, lag time.Duration) {
	w.source.wait(late)
	s := w.stretch(start, end, lag, fastAt)
	was, now := w.last, w.last
	w.source.runtime(&now)
	e.queueStays = min(s.after.runnable, was.runnable, now.runnable) >= uint64(e.processors()) && now.switches-was.switches <= 2*sampledOneIn
	since := max(late, w.source.now().Sub(was.at)) // that reading may be an old one, see read
	e.crowdRuns = e.runsAfter(now.switches-min(was.switches, now.switches), since)
	s.after = &now
	e.addPauses(&s)
}

// runsAfter reports whether goroutines got to run at a pace in a time after the stall
// that is another order than the one in the stall. A crowd of requests behind a copy was
// seen to run a hundred times as fast; where goroutines take turns the pace stays.
func (e *Evidence) runsAfter(ran uint64, in time.Duration) bool {
	before := max(e.mostSwitches, sampledOneIn)
	return ran >= 3*sampledOneIn && float64(ran)/float64(in) >= 20*float64(before)/float64(e.Lag)
}
