// Package incident tells an incident: it runs a program with its fault until
// govitals names it, and beside it the same program with the fix, of which
// govitals must have nothing to say.
//
//	func main() {
//		incident.Tell(incident.Story{
//			Title:  "A refresh that stopped for two months",
//			Told:   "An error that nobody handled ended the loop. …",
//			Fix:    "watch.Job survives the panic.",
//			Broken: func(ctx context.Context, v *vitals.Vitals) error { … },
//			Fixed:  func(ctx context.Context, v *vitals.Vitals) error { … },
//			Named:  incident.Named{Signal: "jobs", Names: []string{"refresh"}},
//		})
//	}
//
// Each of the two is a process of its own, so that nothing of the fault is left in
// the one with the fix. Tell ends the program: with 0 if the fault was named and the
// fix was well, with 1 otherwise.
//
// # Cost
//
// Two processes for as long as it takes to name the fault: half a minute, or up to two
// on a machine that is busy with something else.
//
// # What it cannot see
//
// Whether the fault would be named as soon in a service whose detectors run at
// their usual pace: here they run several hundred times faster, see [Story].
package incident

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/vitals"
)

// Story is an incident and its fix.
type Story struct {
	// Title is the incident in a line.
	Title string
	// Told is what happened and what the team could not see, for someone who was
	// not there.
	Told string
	// Fix is what the second run does otherwise, in a sentence.
	Fix string
	// Config configures govitals. With Resolution 0 the detectors run at 100ms,
	// so that a demonstration fits in half a minute. Nothing is logged.
	Config vitals.Config
	// Broken and Fixed run the service until ctx ends.
	Broken func(ctx context.Context, v *vitals.Vitals) error
	// Fixed is the service without the fault, under the same load.
	Fixed func(ctx context.Context, v *vitals.Vitals) error
	// Named is what the report has to say of the broken service, and must never
	// say of the other.
	Named Named
	// Beside is what the report says of the broken service besides, though nothing is
	// wrong with it. It is waited for as for Named. Default: nothing.
	Beside Named
	// AtLeast is for how long the fixed service must be well, besides the time in
	// which the broken one was named. Default: 5s.
	AtLeast time.Duration
}

// Named is a statement that names the fault.
type Named struct {
	// Signal is what the finding is about, as in [finding.Finding].
	Signal string
	// Names must all occur in the finding: in its summary, its cause, the names of
	// its culprits, or how it was decided.
	Names []string
}

// in returns the finding that says it, unless nothing is wrong with that signal.
func (n Named) in(report vitals.Report) (finding.Finding, bool) {
	return n.among(slices.DeleteFunc(slices.Clone(report.Findings), func(f finding.Finding) bool { return !wrong(f.State) }))
}

// among returns the finding that says it, whatever the state.
func (n Named) among(findings []finding.Finding) (finding.Finding, bool) {
	for _, f := range findings {
		if f.Signal == n.Signal && n.allIn(f) {
			return f, true
		}
	}
	return finding.Finding{}, false
}

// wrong reports whether a state asks for somebody to look.
func wrong(s finding.State) bool { return s.Worse(finding.Unknown) }

func (n Named) allIn(f finding.Finding) bool {
	said := f.Summary + " " + f.Cause + " " + strings.Join(f.How, " ")
	for _, c := range f.Culprits {
		said += " " + c.Name
	}
	for _, name := range n.Names {
		if !strings.Contains(said, name) {
			return false
		}
	}
	return true
}

// limit is how long the fault may take to be named, on a busy machine too.
const limit = 2 * time.Minute

// Tell tells the story and ends the program.
func Tell(s Story) {
	if err := s.tell(); err != nil {
		fmt.Fprintf(os.Stderr, "\nNOT AS TOLD: %v\n", err)
		os.Exit(1)
	}
}

func (s Story) tell() error {
	switch part := os.Getenv(partEnv); part {
	case "":
		return s.both()
	case broken:
		return s.play(s.Broken, s.untilNamed)
	case fixed:
		return s.play(s.Fixed, s.untilAsked)
	default:
		return fmt.Errorf("%s is %q: leave it unset", partEnv, part)
	}
}
