package heap

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/govitals/govitals/internal/ringdir"
	"github.com/govitals/govitals/internal/text"
)

// When a Recorder captures by itself.
const (
	release    = 0.05             // how far the share must fall before a threshold counts again
	endIsNear  = 15 * time.Minute // before the forecast end
	endIsFar   = 30 * time.Minute // when a forecast counts again
	retryEvery = time.Minute      // after a capture that could not be written
)

// watching is what the loop of a Recorder remembers from step to step.
type watching struct {
	started  time.Time
	upkeepAt time.Time // when the disk was last looked at
	retryAt  time.Time
	baseline trigger
	limits   [3]trigger // the lowest threshold first
	forecast trigger
}

// trigger asks for a capture once each time that its condition comes true.
type trigger struct {
	latch
	kind   string
	at     float64 // the share of the limit, for those that watch it
	reason string  // of a capture that is wanted and not made yet, else ""
}

func newWatching() watching {
	return watching{
		baseline: trigger{kind: CaptureBaseline},
		limits: [3]trigger{
			{kind: CaptureLimit70, at: 0.7}, {kind: CaptureLimit80, at: 0.8}, {kind: CaptureLastWords, at: 0.9},
		},
		forecast: trigger{kind: CaptureLastWords},
	}
}

// want follows a condition. A capture that was not made by the time the
// condition ends is not wanted any more.
func (t *trigger) want(on, off bool, reason string) (rose bool) {
	rose = t.set(on, off)
	switch {
	case rose:
		t.reason = reason
	case off:
		t.reason = ""
	}
	return rose
}

func (r *Recorder) step(context.Context) {
	now := time.Now()
	if r.watch.started.IsZero() {
		r.watch.started = now
	}
	r.upkeep(now)
	r.watchLimit()
	r.watch.baseline.want(now.Sub(r.watch.started) >= r.config.WarmUp, false, "end of warm up")
	r.serve(now)
	if r.config.Forecast != nil { // last, as it is the user's and may panic
		r.watchForecast(now)
		r.serve(now)
	}
}

// upkeep tells other processes that this one lives, and whether captures can be
// written, before one is needed.
func (r *Recorder) upkeep(now time.Time) {
	if now.Sub(r.watch.upkeepAt) < ringdir.BeatEvery {
		return
	}
	first := r.watch.upkeepAt.IsZero()
	r.watch.upkeepAt = now
	if first || r.unwritable() {
		r.noteDisk(r.ring.Check(now), now)
	}
	_ = r.ring.Beat(now) // what hinders it hinders captures, and is said then
}

func (r *Recorder) watchLimit() {
	use, ok := r.memory.snapshot().kernelUse()
	if !ok {
		return
	}
	limits := &r.watch.limits
	for i := range limits {
		reason := fmt.Sprintf("%.0f percent of %s", 100*use.share(), text.Bytes(use.limit))
		if limits[i].want(use.share() >= limits[i].at, use.share() < limits[i].at-release, reason) && i > 0 {
			limits[i-1].reason = "" // one capture of a steep rise is enough
		}
	}
}

func (r *Recorder) watchForecast(now time.Time) {
	end, foreseen := r.config.Forecast()
	left := end.Sub(now)
	r.watch.forecast.want(foreseen && left < endIsNear, !foreseen || left > endIsFar, "end in "+text.Duration(max(left, 0)))
}

// serve makes the captures that are wanted. One that cannot be written is tried
// again each minute for as long as its reason lasts.
func (r *Recorder) serve(now time.Time) {
	w := &r.watch
	for _, t := range []*trigger{&w.limits[2], &w.limits[1], &w.limits[0], &w.forecast, &w.baseline} {
		if t.reason == "" || now.Before(w.retryAt) {
			continue
		}
		if err := r.capture(t.kind, t.reason); err != nil && !isFinal(err) {
			w.retryAt = now.Add(retryEvery)
			continue
		}
		t.reason = ""
	}
}

// isFinal reports whether trying again soon would give the same error.
func isFinal(err error) bool {
	return errors.Is(err, ErrTooSoon) || errors.Is(err, ErrNoHeadroom) || errors.Is(err, ringdir.ErrTooLarge)
}
