package eventloop

import (
	"testing"
	"time"
)

// Who reads the counters may have to wait for a processor in between. What it read
// then is of another time than it thinks.
func TestReadingThatTakesLongIsForgotten(t *testing.T) {
	x := &world{start: time.Now(), from: millis(500), to: millis(700)}
	now := x.start
	w := x.witness(&now)
	waits := time.Duration(0)
	w.source.usage = func(r *reading, _ *faults) {
		now = now.Add(waits)
		r.cpu = 4 * now.Sub(x.start) // all processors work
	}
	x.ticks(w, &now, 0, x.from, millis(50))
	waits = millis(150) // the reading ends when the stall does
	w.Baseline(now, asDue)
	waits, now = 0, x.start.Add(x.to)
	w.Baseline(now, shallow)
	if cause, e := w.Explain(x.start.Add(x.from), now, millis(200)); e.CPU != 4*millis(200) {
		t.Errorf("%s from %v, want CPU 800ms", cause, e)
	}
}

// The end of a stall is explained by whoever gets to run then, which may be long
// after it. What went on meanwhile is no part of it.
func TestEndOfAStallIsReadAtOnce(t *testing.T) {
	x := &world{start: time.Now(), from: millis(500), to: millis(700), extra: millis(800)}
	now := x.start
	w := x.witness(&now)
	x.ticks(w, &now, 0, x.from, millis(50))
	now = x.start.Add(x.to)
	w.Baseline(now, shallow)
	now = now.Add(millis(300))
	if _, e := w.Explain(x.start.Add(x.from), x.start.Add(x.to), millis(200)); e.Window != millis(200) || e.CPU != millis(800) {
		t.Errorf("asked 300ms later: CPU %v in a window of %v, want 800ms in 200ms", e.CPU, e.Window)
	}
}

// One reading of the threads that was held up does not put off the next ones.
func TestReadingOfThreadsIsNotPutOff(t *testing.T) {
	var h hostFiles
	for _, d := range []time.Duration{millis(0.06), millis(5), millis(0.06), millis(7), millis(9)} {
		h.took(d)
		if h.takes > millis(0.1) {
			t.Errorf("a reading of %v after some of 60µs counts as %v", d, h.takes)
		}
	}
	for range 30 { // many threads
		h.took(millis(2))
	}
	if h.takes != millis(2) {
		t.Errorf("readings of 2ms count as %v", h.takes)
	}
}

// On a machine that is busy enough no reading may ever have been made in time.
func TestWithoutAReadingNothingIsKnown(t *testing.T) {
	x := &world{start: time.Now()}
	now := x.start
	w := x.witness(&now)
	w.source.now = func() time.Time { now = now.Add(slow); return now }
	w.Baseline(now, asDue)
	if cause, e := w.Explain(x.start, now, slow); cause != CauseUnknown || len(e.Unread) == 0 {
		t.Errorf("%s from %v", cause, e)
	}
}

// Where no reading was made in time since the end of a stall, who ran since then did not
// run in the moment that is waited for.
func TestPaceIsThatSinceTheReading(t *testing.T) {
	for lateBy, want := range map[time.Duration]Cause{0: CauseNonpreemptible, time.Second: CauseUnknown} {
		x := &world{start: time.Now(), from: millis(500), to: millis(700)}
		now := x.start
		w := x.witness(&now)
		switches, waits := uint64(0), time.Duration(0)
		w.source.now = func() time.Time { now = now.Add(waits); return now }
		w.source.runtime = func(r *reading) { r.procs, r.runnable, r.switches = 4, uint64(r.at.Sub(x.start)/millis(10)), switches }
		w.source.usage = func(r *reading, _ *faults) { r.cpu = 4 * r.at.Sub(x.start) }
		w.source.wait = func(time.Duration) { switches += 96 }
		w.Baseline(now.Add(millis(20)), asDue)
		now, switches = now.Add(x.to), sampledOneIn
		w.Baseline(now, shallow)
		now, waits = now.Add(lateBy), min(lateBy, slow)
		if cause, e := w.Explain(x.start.Add(x.from), x.start.Add(x.to), millis(200)); cause != want {
			t.Errorf("explained %v later: %s, want %s; %v", lateBy, cause, want, e)
		}
	}
}
