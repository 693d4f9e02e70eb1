package singleflight

import (
	"fmt"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

const (
	// longQueue is how long a load waits for a place before that is worth a word.
	longQueue = time.Second
	// longLoad is how long a load runs before that is, if AbandonAfter is not set.
	longLoad = time.Minute
	// recently is how long a refusal is told.
	recently = time.Minute
)

// Findings implements [finding.Source]. It speaks of loads that hang, of the
// function that they hang in where that is known, and of limits that are used up.
func (g *Group[K, V]) Findings() []finding.Finding {
	if g == nil || g.shards == nil {
		return nil
	}
	now := time.Now()
	c := g.census()
	var findings []finding.Finding
	for _, look := range []func(census, time.Time) (finding.Finding, bool){g.hangs, g.takesLong, g.queues, g.refuses} {
		if f, found := look(c, now); found {
			f.Signal = "flights"
			findings = append(findings, f)
		}
	}
	if len(findings) == 0 {
		return []finding.Finding{{Signal: "flights", State: finding.OK, Summary: fmt.Sprintf("Group %s: no load hangs.", g.config.Name)}}
	}
	return findings
}

func (g *Group[K, V]) hangs(c census, now time.Time) (finding.Finding, bool) {
	if c.hung == 0 {
		return finding.Finding{}, false
	}
	f := finding.Finding{
		State: finding.Stopped, Cause: "hung", Since: now.Add(-c.oldestHung),
		Summary: fmt.Sprintf("Group %s: %s given up and still running, the oldest for %s.",
			g.config.Name, text.Count(c.hung, "load"), text.Duration(c.oldestHung)),
		Advice: "Give what it waits for a deadline: pass the context on that the load gets.",
		How:    []string{fmt.Sprintf("AbandonAfter is %s; %d may hang before no more are started", text.Duration(g.config.AbandonAfter), g.config.MaxLoads)},
	}
	if seen, ok := g.report.seen(); ok {
		f.Culprits = []finding.Culprit{{Name: seen.function, File: seen.file, Line: seen.line, Share: 1}}
		f.Summary = fmt.Sprintf("%s One was seen in %s.", f.Summary, seen.short())
	}
	return f, true
}

func (g *Group[K, V]) takesLong(c census, now time.Time) (finding.Finding, bool) {
	if g.config.AbandonAfter > 0 || c.oldestLoading < longLoad {
		return finding.Finding{}, false
	}
	return finding.Finding{
		State: finding.Stopped, Cause: "slow_load", Since: now.Add(-c.oldestLoading),
		Summary: fmt.Sprintf("Group %s: a load has been running for %s, and whoever asks for its key waits.", g.config.Name, text.Duration(c.oldestLoading)),
		Advice:  "Set LoadTimeout, and AbandonAfter so that the next caller begins anew and the stack is reported.",
	}, true
}

func (g *Group[K, V]) queues(c census, now time.Time) (finding.Finding, bool) {
	if c.oldestQueued < longQueue {
		return finding.Finding{}, false
	}
	_, held, reserved := g.store.held()
	return finding.Finding{
		State: finding.Lagging, Cause: "budget", Since: now.Add(-c.oldestQueued),
		Summary: fmt.Sprintf("Group %s: %s queued, the oldest for %s: the limits on loads are used up.",
			g.config.Name, text.Count(c.queued, "load"), text.Duration(c.oldestQueued)),
		Advice: "Raise MaxLoads or MaxBytes, or make loads faster.",
		How: []string{fmt.Sprintf("%d of MaxLoads %d run; %s reserved and %s held of %s", c.loading, g.config.MaxLoads,
			text.Bytes(uint64(reserved)), text.Bytes(uint64(held)), text.Bytes(uint64(g.store.max)))},
	}, true
}

func (g *Group[K, V]) refuses(census, time.Time) (finding.Finding, bool) {
	if last := time.Duration(g.totals.refuse.Load()); last == 0 || g.clock()-last > recently {
		return finding.Finding{}, false
	}
	return finding.Finding{
		State: finding.Lagging, Cause: "refused",
		Summary: fmt.Sprintf("Group %s turned callers away within the last minute: too many wait for one load, or too many loads queue or hang.", g.config.Name),
		Advice:  "Raise MaxWaiters, or see what loads wait for.",
	}, true
}
