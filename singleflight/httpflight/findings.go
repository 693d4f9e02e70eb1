package httpflight

import (
	"fmt"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// Findings implements [finding.Source]: loads that run on though they were given
// up, and answers that cannot be shared though most requests could be.
func (h *Handler) Findings() []finding.Finding {
	var findings []finding.Finding
	for _, look := range []func() (finding.Finding, bool){h.hung, h.full, h.unshared} {
		if f, found := look(); found {
			findings = append(findings, f)
		}
	}
	return findings
}

// hung reports loads that were given up and have not returned.
func (h *Handler) hung() (finding.Finding, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n, since, path := 0, time.Now(), ""
	for s, began := range h.loads {
		if s.err() != nil && time.Since(began) > h.config.LoadTimeout {
			n++
			if began.Before(since) {
				since, path = began, s.path
			}
		}
	}
	if n == 0 {
		return finding.Finding{}, false
	}
	runOn := "were given up and run on"
	if n == 1 {
		runOn = "was given up and runs on"
	}
	return finding.Finding{
		Signal: "flights", State: finding.Stopped, Cause: "hung", Since: since,
		Summary: fmt.Sprintf("%s of %s %s, the oldest for %s: the handler behind ignores the end of its context.",
			text.Count(n, "load"), h.config.Name, runOn, text.Duration(time.Since(since))),
		Culprits: []finding.Culprit{{Name: path}},
		Advice:   "Find where it stands: GET /debug/goroutines. Pass the request's context to what it calls.",
		How:      []string{fmt.Sprintf("a load is given up when it is silent for %v or its last client has left", h.config.LoadTimeout)},
	}, true
}

// full reports bodies that use up what they may.
func (h *Handler) full() (finding.Finding, bool) {
	used, most := h.budget.used.Load(), h.budget.most
	if used < most/10*9 {
		return finding.Finding{}, false
	}
	return finding.Finding{
		Signal: "flights", State: finding.TooSmall, Cause: "max_bytes",
		Summary: fmt.Sprintf("Shared bodies hold %s of %s (Config.MaxBytes of %s): further ones are no longer kept whole, and slow clients of them are cut off.",
			text.Bytes(uint64(used)), text.Bytes(uint64(most)), h.config.Name),
		Advice: "Raise MaxBytes, lower Reuse or StallTimeout, or look for many slow clients.",
		How:    []string{"held is at least 90 % of the limit"},
	}, true
}

// minUnshared is from how many loads on unshared says something.
const minUnshared = 100

// unshared reports that sharing is of no use here.
func (h *Handler) unshared() (finding.Finding, bool) {
	ok, not := h.counts.loads[loadOK].Load(), h.counts.loads[loadUnshareable].Load()
	if ok+not < minUnshared || not < ok {
		return finding.Finding{}, false
	}
	return finding.Finding{
		Signal: "flights", State: finding.OK, Cause: "unshareable",
		Summary: fmt.Sprintf("%d of %d answers behind %s could not be shared.", not, ok+not, h.config.Name),
		Advice:  "Look at Set-Cookie, Cache-Control and Vary of these answers, or take the handler out of the way of what is personal.",
		How:     []string{"counted since the start, over loads that ended well"},
	}, true
}
