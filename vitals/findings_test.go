package vitals

import (
	"math"
	"strings"
	"testing"

	"github.com/govitals/govitals/finding"
)

func TestWhatTheHeapSaysBetterIsSaidOnce(t *testing.T) {
	all := []finding.Finding{
		{Signal: "heap", State: finding.OK}, {Signal: "heap", State: finding.Stopped, Cause: "cleanups"},
		{Signal: "backlog", State: finding.Leaking}, {Signal: "buckets", State: finding.Growing},
		{Signal: "jobs", State: finding.Stopped, Cause: "finalizers"},
	}
	got := withoutRepeats(all)
	if len(got) != 4 || got[2].Signal != "buckets" {
		t.Errorf("left are %+v", got)
	}
	if got := withoutRepeats([]finding.Finding{{Signal: "backlog", State: finding.Growing}}); len(got) != 1 {
		t.Errorf("what nobody else says is left out: %+v", got)
	}
}

func TestTheAdviceOnSizesReplacesTheRougherOne(t *testing.T) {
	limit := finding.Finding{Signal: "heap", State: finding.TooSmall, Cause: causeLimit}
	size := finding.Finding{Signal: "setup", State: finding.TooSmall, Cause: causeSize}
	if left := withoutRepeats([]finding.Finding{limit, size}); len(left) != 1 || left[0].Cause != causeSize {
		t.Errorf("left are %+v", left)
	}
	if left := withoutRepeats([]finding.Finding{limit}); len(left) != 1 {
		t.Errorf("alone it is gone: %+v", left)
	}
}

func TestTheWorstFindingLeads(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		v.Add(part{func() []finding.Finding {
			return []finding.Finding{
				{Signal: "queues", State: finding.OK, Summary: "Queue mail moves."},
				{Signal: "jobs", State: finding.Stopped, Summary: "Job refresh last succeeded 61 days ago.", PerHour: math.NaN()},
			}
		}})
		report := v.Report()
		if report.State != finding.Stopped || !strings.HasPrefix(report.Summary, "STOPPED. Job refresh") {
			t.Errorf("the report is %v: %s", report.State, report.Summary)
		}
		if strings.Contains(report.Summary, "moves") {
			t.Errorf("the verdict line repeats what is well: %s", report.Summary)
		}
		got := collect(v)
		if got["finding.state jobs stopped"] != 1 || got["finding.state queues ok"] != 1 || got["part.things"] != 3 {
			t.Errorf("metrics are %v", got)
		}
	})
}

func TestPartThatPanicsIsNamed(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		v.Add(part{func() []finding.Finding { panic("index out of range") }})
		report := v.Report().String()
		if !strings.Contains(report, "vitals.part") || !strings.Contains(report, "index out of range") {
			t.Errorf("the report does not name the part:\n%s", report)
		}
	})
}
