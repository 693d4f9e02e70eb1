package eventloop

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/proc"
)

// world is a made-up process of which the counters rise at a usual rate, and by
// more during the stall.
type world struct {
	start     time.Time
	from, to  time.Duration // the stall
	usual     float64       // what each counter gains per second all the time
	extra     time.Duration // what each gains in the stall besides
	threadsAt time.Duration // how long a reading of the threads takes
	broken    error
}

func (x *world) counter(at time.Time) time.Duration {
	d := at.Sub(x.start)
	gained := time.Duration(x.usual * float64(d))
	if in := min(d, x.to) - x.from; in > 0 {
		gained += time.Duration(float64(x.extra) * float64(in) / float64(x.to-x.from))
	}
	return gained
}

// witness returns one that reads this world.
func (x *world) witness(now *time.Time) *witness {
	return &witness{source: sources{
		now: func() time.Time { return *now }, wait: func(time.Duration) {}, cores: 4,
		runtime: func(r *reading) {
			r.procs, r.runnable = 4, uint64(x.counter(r.at)/time.Millisecond)
			r.stopped, r.mutex, r.waited = x.counter(r.at), x.counter(r.at), x.counter(r.at)
		},
		usage: func(r *reading, f *faults) {
			if f[readUsage] = x.broken; x.broken == nil {
				r.cpu = x.counter(r.at)
			}
		},
		kernel: func(r *reading, f *faults) {
			if f[readThrottling] = x.broken; x.broken == nil {
				r.throttled = x.counter(r.at)
			}
		},
		threads: func(r *reading, f *faults) {
			if f[readThreads] = x.broken; x.broken == nil {
				r.runDelay, r.longest = x.counter(r.threadsAt), x.counter(r.threadsAt)
			}
			r.threadsPace = x.threadsAt * threadsDuty
		},
	}}
}

// ticks takes readings at every tick between two times.
func (x *world) ticks(w *witness, now *time.Time, from, to, tick time.Duration) {
	for d := from; d <= to; d += tick {
		*now = x.start.Add(d)
		w.Baseline(*now, asDue)
	}
}

// run takes readings at every tick up to the end of the stall, when the tick that
// it held up comes, and asks for the cause some time later.
func (x *world) run(tick, later time.Duration) Evidence {
	now := x.start
	w := x.witness(&now)
	x.ticks(w, &now, 0, x.from, tick)
	x.ticks(w, &now, x.to, x.to+later, tick)
	now = x.start.Add(x.to + later)
	_, e := w.Explain(x.start.Add(x.from), x.start.Add(x.to), x.to-x.from)
	return e
}

// Whatever the pace of the ticks and of the readings of threads, and whenever it is
// asked, what is ascribed to the stall is what was gained in it.
func TestWhatIsGainedInTheStall(t *testing.T) {
	for _, tick := range []time.Duration{millis(5), millis(10), millis(100)} {
		for _, length := range []time.Duration{millis(30), millis(200), 3 * time.Second} {
			for _, usual := range []float64{0, 0.5, 2} {
				for _, later := range []time.Duration{0, millis(15), millis(400)} {
					x := &world{start: time.Now(), from: millis(2513), usual: usual, extra: length * 3 / 4, threadsAt: millis(0.1)}
					x.to = x.from + length
					e := x.run(tick, later)
					want := x.extra + time.Duration(usual*float64(length))
					for name, got := range map[string]time.Duration{
						"CPU": e.CPU, "Throttled": e.Throttled, "Stopped": e.Stopped, "MutexWait": e.MutexWait,
						"RunDelay": e.RunDelay, "LongestRunDelay": e.LongestRunDelay,
					} {
						if math.Abs(float64(got-want)) > float64(millis(1)) {
							t.Errorf("tick %v, stall %v, usual rate %v, asked %v later: %s is %v, want %v",
								tick, length, usual, later, name, got, want)
						}
					}
					if slack := e.Window - e.Lag; e.Lag != length || slack < 0 || slack > 2*max(tick, millis(25))+millis(100) {
						t.Errorf("tick %v, stall %v: lag %v in a window of %v", tick, length, e.Lag, e.Window)
					}
				}
			}
		}
	}
}

// A stall that is longer than what is remembered, or that was there from the
// beginning, is judged by the part that is known.
func TestStallLongerThanMemory(t *testing.T) {
	x := &world{start: time.Now(), from: 0, to: time.Minute, usual: 0, extra: time.Minute}
	now := x.start
	w := x.witness(&now)
	x.ticks(w, &now, 0, x.to, millis(40)) // lag of another kind: ticks come, each of them late
	_, e := w.Explain(x.start, x.start.Add(x.to), x.to)
	if e.Lag < time.Second || e.Lag != e.Window || e.CPU < e.Lag-millis(1) || e.CPU > e.Lag+millis(1) {
		t.Errorf("lag %v in a window of %v, CPU %v; want the same for all, some seconds", e.Lag, e.Window, e.CPU)
	}
}

func TestNoReadingBeforeTheStall(t *testing.T) {
	x := &world{start: time.Now(), to: millis(100), extra: millis(100)}
	now := x.start.Add(x.to)
	cause, e := x.witness(&now).Explain(x.start, now, x.to)
	if cause != CauseUnknown || len(e.Unread) == 0 || !strings.Contains(e.String(), "no reading from before") {
		t.Errorf("%s from %v, want unknown and the reason", cause, e)
	}
}

// What cannot be read is said; the rest is read, and nothing is concluded from a 0
// that is not known.
func TestWhatCannotBeReadIsSaid(t *testing.T) {
	x := &world{start: time.Now(), from: millis(500), to: millis(700), broken: errors.New("no such file")}
	e := x.run(millis(10), 0)
	if cause := classify(e); cause != CauseUnknown {
		t.Errorf("%s is concluded from %v", cause, e)
	}
	for _, name := range []string{"CPU time", "CPU quota", "waits of threads"} {
		if !strings.Contains(strings.Join(e.Unread, ";"), name+" (no such file)") {
			t.Errorf("unread is %q, want %s with the reason in it", e.Unread, name)
		}
	}
	x.broken, x.extra = nil, 0
	if e := x.run(millis(10), 0); classify(e) != CauseFrozen || len(e.Unread) != 0 {
		t.Errorf("%s from %v, want frozen", classify(e), e)
	}
}

// A pause that is counted a moment after the stall is found all the same, and what
// others do meanwhile is not.
func TestPauseCountedLate(t *testing.T) {
	x := &world{start: time.Now(), from: millis(500), to: millis(700)}
	now := x.start
	w := x.witness(&now)
	counted := false
	w.source.runtime = func(r *reading) {
		r.procs = 4
		if counted {
			r.stopped, r.switches, r.waited = millis(190), 1000, time.Hour
		}
	}
	w.source.usage = func(r *reading, _ *faults) { r.cpu = r.at.Sub(x.start) } // one thread is busy
	w.source.wait = func(time.Duration) { counted = true }
	w.Baseline(now.Add(x.from), asDue)
	now = now.Add(x.to)
	w.Baseline(now, asDue)
	cause, e := w.Explain(x.start.Add(x.from), now, millis(200))
	if cause != CauseSTW || e.Waiting != 0 || e.Stopped != millis(190) {
		t.Errorf("%s from %v, want stw", cause, e)
	}
}

// crowd is what the runtime says at the end of a stall of 200 ms and a moment later.
type crowd struct {
	busy      float64 // processors, of four
	ran       uint64  // in the stall
	left      uint64  // of those that are ready when it ends
	ranAfter  uint64
	wantCause Cause
}

// check has a stall explained at whose end so many goroutines are ready.
func (c crowd) check(t *testing.T, ready uint64) {
	t.Helper()
	x := &world{start: time.Now(), from: millis(500), to: millis(700)}
	now := x.start
	w := x.witness(&now)
	runnable, switches := uint64(0), uint64(0)
	w.source.runtime = func(r *reading) { r.procs, r.runnable, r.switches = 4, runnable, switches }
	w.source.usage = func(r *reading, _ *faults) { r.cpu = time.Duration(c.busy * float64(r.at.Sub(x.start))) }
	w.source.wait = func(time.Duration) { runnable, switches = c.left, switches+c.ranAfter }
	w.Baseline(now.Add(x.from), asDue)
	now, runnable, switches = now.Add(x.to), ready, c.ran
	w.Baseline(now, asDue)
	if cause, e := w.Explain(x.start.Add(x.from), now, millis(200)); cause != c.wantCause {
		t.Errorf("%d were ready, then %+v: %s; %v", ready, c, cause, e)
	}
}

// A crowd that waited behind something else has run a moment later; long work has
// not.
func TestCrowdAndQueueAreToldApart(t *testing.T) {
	for _, c := range []crowd{
		{2.5, 8, 0, 100, CauseUnknown}, {2.5, 8, 60, 80, CauseUnknown}, {2.5, 8, 60, 0, CauseRunqueue}, {2.5, 8, 58, 8, CauseRunqueue},
	} {
		c.check(t, 60)
	}
}

// All processors were busy in the stall, and there is a crowd at its end. If it runs at
// another pace then, it could not run before.
func TestCrowdThatCouldNotRun(t *testing.T) {
	for _, c := range []crowd{
		{4, 0, 40, 100, CauseNonpreemptible}, {4, 16, 40, 96, CauseNonpreemptible}, {4, 24, 40, 96, CauseNonpreemptible}, {4, 24, 40, 23, CauseUnknown},
		{4, 16, 40, 8, CauseRunqueue}, {4, 32, 40, 200, CauseNonpreemptible}, {4, 200, 40, 96, CauseUnknown},
	} {
		c.check(t, 120)
	}
}

// A process that is moved to another control group starts from other counters.
func TestCountersThatGoBack(t *testing.T) {
	x := &world{start: time.Now(), from: millis(500), to: millis(700)}
	now := x.start
	w := x.witness(&now)
	w.source.kernel = func(r *reading, _ *faults) {
		r.throttled, r.throttledPeriods = time.Hour-r.at.Sub(x.start), 5
	}
	w.Baseline(now, asDue)
	now = now.Add(x.to)
	_, e := w.Explain(x.start.Add(x.from), now, millis(200))
	if e.Throttled != 0 || e.ThrottledPeriods != 0 || !strings.Contains(strings.Join(e.Unread, ""), "went back") {
		t.Errorf("throttled %v in %d periods, unread %q; want nothing and the reason", e.Throttled, e.ThrottledPeriods, e.Unread)
	}
}

// The file of a quota can vanish. It is looked for again, but not at every tick.
func TestQuotaThatVanishes(t *testing.T) {
	now := time.Now()
	k := &kernelFiles{lookedFor: now, throttling: proc.NewFile(filepath.Join(t.TempDir(), "cpu.stat"), 64)}
	var f faults
	var looked []time.Time
	for d := time.Duration(0); d <= 2*time.Second; d += millis(100) {
		k.read(&reading{at: now.Add(d)}, &f)
		if d < time.Second && (f[readThrottling] == nil || !strings.Contains(f[readThrottling].Error(), "cpu.stat")) {
			t.Fatalf("after %v the error is %v, want one that names the file", d, f[readThrottling])
		}
		if k.lookedFor.After(now) {
			looked = append(looked, k.lookedFor)
		}
	}
	if len(looked) == 0 || !looked[0].Equal(now.Add(time.Second)) || !looked[len(looked)-1].Equal(looked[0]) {
		t.Errorf("looked for at %v, want once, a second after %v", looked, now)
	}
}

func TestReadingsOfAWitnessDoNotAllocate(t *testing.T) {
	w := newWitness()
	for range 10 { // the runtime makes its histograms at first, and the quota is looked for
		w.Baseline(time.Now(), asDue)
		w.readThreads(time.Now())
	}
	if n := testing.AllocsPerRun(100, func() { w.Baseline(time.Now(), asDue) }); n != 0 {
		t.Errorf("a reading allocates %v times, want 0", n)
	}
	if n := testing.AllocsPerRun(20, func() { w.readThreads(time.Now()) }); n != 0 {
		t.Errorf("a reading of the threads allocates %v times, want 0", n)
	}
}

func TestBaselineDoesNotWaitForExplain(t *testing.T) {
	w := newWitness()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Baseline(time.Now(), asDue) // would hang
}
