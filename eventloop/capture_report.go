package eventloop

import (
	"fmt"
	"slices"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/metric"
)

// descCaptures is what a Capture reports.
var descCaptures = metric.Desc{
	Name: "eventloop.captures", Unit: "{capture}", Kind: metric.KindCounter, Labels: []string{"result"},
	Help:   "Stalls that were to be captured, by result: written, limited (too many or too soon), dropped (one was being written), failed.",
	Action: "If failed rises, mend the directory: the report says what is wrong with it.",
}

// Describe implements [metric.Source].
func (c *Capture) Describe() []metric.Desc { return []metric.Desc{descCaptures} }

// Collect implements [metric.Source].
func (c *Capture) Collect(emit func(metric.Sample)) {
	seen := c.latest()
	for _, of := range []struct {
		result string
		count  uint64
	}{{"written", seen.written}, {"limited", seen.limited}, {"dropped", seen.dropped}, {"failed", seen.failed}} {
		emit(metric.Sample{Desc: descCaptures, LabelValues: []string{of.result}, Value: float64(of.count)})
	}
}

func (c *Capture) latest() captured {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

// note remembers how a capture went.
func (c *Capture) note(s Stall, id string, traced bool, culprits []finding.Culprit, noName, fault error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := &c.seen
	seen.stall, seen.culprits, seen.noName, seen.fault = s, culprits, noName, fault
	if fault != nil {
		seen.failed++
		return
	}
	seen.written++
	seen.id, seen.traced = id, traced
}

// noteDisk remembers whether a capture could be written.
func (c *Capture) noteDisk(fault error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen.fault = fault
}

// named returns who is to blame for the latest stall that was captured, if that began
// after a time.
func (c *Capture) named(after time.Time) (s Stall, culprits []finding.Culprit) {
	if c == nil {
		return s, nil
	}
	seen := c.latest()
	if !seen.stall.Start.After(after) {
		return s, nil
	}
	return seen.stall, slices.Clone(seen.culprits)
}

// Findings implements [finding.Source]. It says what hinders captures, and where the
// latest is.
func (c *Capture) Findings() (findings []finding.Finding) {
	seen := c.latest()
	say := func(state finding.State, summary, advice string) {
		findings = append(findings, finding.Finding{Signal: "setup", State: state, Cause: "captures", Summary: summary, Advice: advice})
	}
	if seen.fault != nil {
		say(finding.Unknown, "Stalls cannot be captured: "+seen.fault.Error()+".",
			fmt.Sprintf("Make %s writable, with room for %d MiB.", c.config.Dir, c.config.MaxBytes>>20))
	}
	if seen.noTrace != nil {
		say(finding.Unknown, "Stalls are captured without a trace: "+seen.noTrace.Error()+".",
			"Give the recorder that there is as CaptureConfig.Recorder.")
	}
	if seen.noName != nil {
		say(finding.Unknown, "Nobody could be named for the latest stall: "+seen.noName.Error()+".", "Look at the trace: go tool trace FILE.")
	}
	if faults := c.loop.Faults(); faults.Count > 0 {
		say(finding.Unknown, fmt.Sprintf("Capturing failed %s, last: %s.", text.Count(faults.Count, "time"), firstLine(faults.Last)), "")
	}
	if seen.written > 0 && c.ring != nil {
		say(finding.OK, fmt.Sprintf("%s captured; the latest is %s in %s.", text.Count(int(min(seen.written, 1<<30)), "stall"), seen.id, c.config.Dir),
			seen.look(c.config.Dir))
	}
	return findings
}

// look says how to look at the latest capture.
func (s *captured) look(dir string) string {
	if s.traced {
		return fmt.Sprintf("Look at it: govitals stall %s/%s.trace", dir, s.id)
	}
	return fmt.Sprintf("It has no trace; why, and what else is known, is in %s/%s.json.", dir, s.id)
}
