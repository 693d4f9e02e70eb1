package leakguard

import (
	"fmt"
	"slices"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// judgeEvery is the least time between two verdicts, which cost more than
// readings do.
const judgeEvery = time.Second

// opinion is what a watcher thinks of its signal.
type opinion struct {
	verdict  Verdict
	own      []finding.Finding // of a signal that judges by itself
	culprits []finding.Culprit // while it grows
	blamed   time.Time         // when they were asked for
	judged   time.Time
}

// judge asks for a verdict if the last one is old enough, and reports whether
// its state is another. Only the loop calls it.
func (w *watcher) judge(now time.Time) (changed bool) {
	before := w.seen().opinion
	if now.Sub(before.judged) < judgeEvery {
		return false
	}
	after := opinion{judged: now}
	after.verdict, after.own = w.assess(now)
	changed = after.verdict.State != before.verdict.State
	if isGrowth(after.verdict.State) {
		after.culprits, after.blamed = before.culprits, before.blamed
		if changed || now.Sub(after.blamed) >= w.resolution {
			after.culprits, after.blamed = w.blame(culpritsShown), now
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opinion = after
	// What was not judged before was unknown to whoever listens: a trend that a
	// former life left is news if it is bad.
	return changed && (!before.judged.IsZero() || after.verdict.State.Worse(TooEarly))
}

// graceful is how many Resolutions a signal that judges by itself is not called
// OK: it may have no opinion yet.
const graceful = 60

// assess is the verdict of the trend, or that of a signal that judges by itself.
func (w *watcher) assess(now time.Time) (Verdict, []finding.Finding) {
	source, judges := w.signal.(finding.Source)
	if !judges {
		return w.ofTrend(), nil
	}
	own, err := ask(source)
	switch {
	case err != nil:
		if w.failedToJudge() {
			w.logger.Warn("govitals: signal cannot judge itself", "signal", w.traits.name, "error", err)
		}
		return Verdict{State: finding.Unknown, Why: []string{err.Error()}}, nil
	case len(own) > 0:
		slices.SortStableFunc(own, func(a, b finding.Finding) int { return byBadness(a.State, b.State) })
		worst := own[0]
		return Verdict{
			State: worst.State, PerHour: worst.PerHour, Low: worst.Low, High: worst.High,
			Since: worst.Since, ReachesLimit: worst.Forecast.At, Why: worst.How,
		}, own
	case now.Sub(w.seen().first.at) < graceful*w.resolution:
		return Verdict{State: TooEarly, Why: []string{"no place piles up; the first " + text.Duration(graceful*w.resolution) + " are not judged"}}, nil
	}
	return Verdict{State: OK, Why: []string{"no place piles up"}}, nil
}

// byBadness puts the worse state first.
func byBadness(a, b State) int {
	switch {
	case a.Worse(b):
		return -1
	case b.Worse(a):
		return 1
	}
	return 0
}

// failedToJudge counts it, and reports whether that is news.
func (w *watcher) failedToJudge() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures++
	return w.verdict.State != finding.Unknown || w.judged.IsZero()
}

// ofTrend is the verdict of the trend, with a word on what the trend was told of.
func (w *watcher) ofTrend() Verdict {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.trend.Verdict()
	if !w.shifted.IsZero() {
		v.Why = append(v.Why, "its conditions changed "+at(w.shifted, w.last.at)+
			", such as the settings of the garbage collector: levels before and after are not compared")
	}
	return v
}

// ask returns the findings of a signal that judges by itself.
func ask(source finding.Source) (own []finding.Finding, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("Findings panicked: %v", value)
		}
	}()
	own = slices.Clone(source.Findings()) // which may use its slices again
	for i := range own {
		own[i] = apart(own[i])
	}
	return own, nil
}

// apart returns a finding that shares nothing with the given one.
func apart(f finding.Finding) finding.Finding {
	f.Culprits, f.How = slices.Clone(f.Culprits), slices.Clone(f.How)
	return f
}

// blame asks the signal whose fault it is, if it can say.
func (w *watcher) blame(n int) (culprits []finding.Culprit) {
	blamer, ok := w.signal.(Blamer)
	if !ok {
		return nil
	}
	defer func() {
		if value := recover(); value != nil {
			w.logger.Warn("govitals: Culprits panicked", "signal", w.traits.name, "panic", value)
			culprits = nil
		}
	}()
	culprits = blamer.Culprits(n)
	return slices.Clone(culprits[:min(n, len(culprits))]) // which it may use again
}
