package eventloop

import (
	"math"
	"time"
)

// half reports whether d covers at least half of the stall. Most rules ask for no
// more than that: what is read afterwards is never exact, and the two halves
// that two causes might claim go to the one that is looked for first.
func (e *Evidence) half(d time.Duration) bool { return d >= e.Lag/2 }

// share returns which part of all processors' time in the stall d is.
func (e *Evidence) share(d time.Duration) float64 {
	return float64(d) / float64(e.Lag) / float64(e.processors())
}

// processors is how many threads can run Go code at the same time.
func (e *Evidence) processors() int { return max(1, min(e.Procs, e.Cores)) }

func (e *Evidence) throttled() bool { return e.ThrottledPeriods > 0 && e.half(e.Throttled) }

// frozen asks that for half of the stall no thread ran or waited for a processor,
// even if they did so one after the other. Whatever goes wrong inside of a process
// keeps one thread busy at least. While a machine sleeps its clock stands still, so
// there is no lag from that, but what comes with falling asleep and waking up.
func (e *Evidence) frozen() bool {
	if e.half(e.Suspended) {
		return true
	}
	if !e.hasCPU || !e.hasRunDelay || e.half(e.Steal) {
		return false
	}
	return e.half(e.Lag - e.mostCPU - e.mostRunDelay)
}

// contended asks for one thread that waited for most of the stall, since all of them
// wait at the same time. Half of it would not do, unless the process hardly ran: a
// neighbour on the same processor makes any stall twice as long, and the cause is still
// the other one, which then takes what processors there are. It does not hold
//   - if the process got all the processors, because threads of its own take turns then,
//   - nor if it got a third of them, with a long queue of its own or a collection that
//     takes what it gets,
//   - nor if one thread ran all along while the world was being stopped or was stopped,
//     because no other was needed.
func (e *Evidence) contended() bool {
	stolen := e.Steal >= e.Lag/2*time.Duration(max(1, e.Cores))
	waited := e.LongestRunDelay >= e.Lag/3*2 || e.hardlyRan() && e.half(e.LongestRunDelay)
	if !waited && !stolen {
		return false
	}
	stop := max(e.Stopped+e.GCStopped, e.Stopping+e.GCStopping) // the total is counted last
	alone := e.half(stop) && e.CPU >= e.Lag/4*3
	enough := 0.9
	if e.standingQueue() || e.collecting() {
		enough = thirdOf
	}
	return !alone && e.share(e.mostCPU) < enough
}

// hardlyRan reports whether the process got next to no time of the processors.
func (e *Evidence) hardlyRan() bool {
	const hardly = 0.15
	return e.hasCPU && e.share(e.mostCPU) < hardly
}

// stopBlocked asks how long it took until the world stood still. Whoever stopped
// it, the blame is with what did not stop.
func (e *Evidence) stopBlocked() bool { return e.half(e.Stopping + e.GCStopping) }

func (e *Evidence) stopped() bool { return e.half(e.Stopped) }

// collecting asks for more than the quarter of the processors that a collection
// takes by design (GOROOT/src/runtime/mgcpacer.go, gcBackgroundUtilization).
func (e *Evidence) collecting() bool {
	return e.half(e.GCStopped) || e.GCOverlap >= 0.5 && e.GCShare >= 0.4
}

// mayCollect reports whether a collection went on of which nobody knows yet what it
// takes. Then neither a queue nor busy processors say whose doing it is.
func (e *Evidence) mayCollect() bool { return e.gcUnmeasured && e.GCOverlap >= 0.5 }

// thirdOf all processors is what is left where the host took two thirds.
const thirdOf = 1.0 / 3

// standingQueue reports whether there was a long queue before the stall and after it.
func (e *Evidence) standingQueue() bool {
	return min(e.RunnableBefore, e.RunnableAfter) >= 4*uint64(e.processors())
}

// queued asks that the processors worked, and for a queue that was there before the
// stall and after it, or that was long, or that stays, or that moved. Where there is
// no doubt about the queue, a third of the processors is enough: the host is not to
// blame then, see contended.
func (e *Evidence) queued() bool {
	if e.mayCollect() {
		return false
	}
	procs := uint64(e.processors())
	got := 1.0
	if e.hasCPU {
		got = e.share(e.CPU)
	}
	if e.standingQueue() || e.queueMoved() {
		return got >= thirdOf
	}
	return got >= 0.5 && (e.RunnableBefore >= procs && e.RunnableAfter >= procs || e.queueStays) ||
		got >= 0.7 && e.RunnableBefore >= 2*procs
}

// queueMoved reports whether goroutines got to run in the stall after they had
// waited. Those that became ready in a stall of another kind make a crowd at its
// end, and hardly any of them got to run.
func (e *Evidence) queueMoved() bool {
	return e.Switches >= 3*sampledOneIn && e.Waiting >= float64(e.processors()) && e.Waiting >= float64(e.RunnableAfter)/4
}

// unpreempted asks that all processors had work, or waited for the host to let them,
// and that nobody else got to run.
func (e *Evidence) unpreempted() bool {
	procs := uint64(e.processors())
	waited := min(e.RunDelay, e.LongestRunDelay*time.Duration(procs))
	return e.hasCPU && !e.mayCollect() && e.share(e.CPU+waited) >= 0.7 && e.RunnableBefore < procs && e.nobodyRan()
}

// nobodyRan reports whether hardly anybody got to run who had waited. One or two that
// were looked at may be the probe and who came next. A crowd at the end may be a queue
// that moved unseen, so then there must be none, and nobody who had waited for long. A
// crowd that runs as soon as it is let did not move before: then those that were looked
// at ran at the very end, among others, and one of them may have waited all along.
func (e *Evidence) nobodyRan() bool {
	switch {
	case e.RunnableAfter < uint64(e.processors()):
		return e.mostSwitches <= 2*sampledOneIn
	case e.crowdRuns:
		return e.fewRan() && (e.Waiting < 2 || math.Abs(e.Waiting/sampledOneIn-1) <= 0.15)
	}
	return e.mostSwitches == 0 && e.Waiting < 1
}

// fewRan reports whether fewer ran than would have in turns of a quantum
// (forcePreemptNS in GOROOT/src/runtime/proc.go). A queue of long work with short work
// behind it leaves a crowd as well. In a long stall some of it would have been looked at
// that had waited; in a short one that is chance.
func (e *Evidence) fewRan() bool {
	const quantum, enough = 10 * time.Millisecond, 5 * sampledOneIn
	turns := uint64(e.Lag/quantum) * uint64(e.processors())
	return turns >= enough || e.mostSwitches <= turns/2
}
