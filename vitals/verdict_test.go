package vitals

import (
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

var (
	noon    = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	heapOK  = finding.Finding{Signal: "heap", State: finding.OK, Summary: "Live memory 12.4 MiB, +0 B in 2h; no lasting growth."}
	leaking = finding.Finding{
		Signal: "heap", State: finding.Leaking, PerHour: 18 << 20, Unit: "By", Since: noon.Add(-time.Hour),
		Summary: "Live memory grows 18 MiB/h since 11:00:00 and never came back after 412 collections: 41 MiB now.",
	}
	pile = finding.Finding{
		Signal: "goroutines", State: finding.Leaking, PerHour: 60, Unit: "{goroutine}", Since: noon.Add(-time.Hour),
		Summary: "71 goroutines pile up and stay in main.wait, +60 per hour, created by main.serve at sched.go:88.",
	}
	lag = finding.Finding{Signal: "eventloop", State: finding.Lagging, Cause: "throttled", Summary: "Ready work waits to run: one request in a hundred for 240ms or longer, over the last 60s."}
)

// with returns a copy that ends at a time from noon.
func with(f finding.Finding, state finding.State, end time.Duration) finding.Finding {
	f.State = state
	if end > 0 {
		f.Forecast = finding.Forecast{At: noon.Add(end)}
	}
	return f
}

func caused(f finding.Finding, cause string) finding.Finding {
	f.Cause = cause
	return f
}

// Each row is what a person would want to read first.
func TestVerdictLine(t *testing.T) {
	cases := map[string]struct {
		findings []finding.Finding
		want     string // the beginning
		also     string
		not      string
	}{
		"nothing known":          {nil, "NOT KNOWN.", "", ""},
		"healthy":                {[]finding.Finding{heapOK}, "HEALTHY. Live memory, what survives garbage collection, has been flat at 12.0 MiB for 6h (±1.2 %).", "", "too early"},
		"leak":                   {[]finding.Finding{leaking, lag}, "LEAK LIKELY. Live memory grows 18 MiB/h since 11:00:00 and never came back after 412 collections", "Also: Ready work waits", ""},
		"leak suspected":         {[]finding.Finding{with(leaking, finding.Suspect, 0)}, "LEAK SUSPECTED. Live memory grows", "", ""},
		"growth":                 {[]finding.Finding{with(leaking, finding.Growing, 0)}, "GROWING. Live memory grows", "", ""},
		"something of one's own": {[]finding.Finding{{Signal: "sessions", State: finding.Leaking, Summary: "Sessions grows 600/min."}}, "LEAK. Sessions grows", "", ""},
		"goroutines":             {[]finding.Finding{pile, heapOK}, "GOROUTINES LEAK: 71 goroutines pile up and stay in main.wait, +60 per hour, created by main.serve at sched.go:88.", "", "Live memory"},
		"series":                 {[]finding.Finding{{Signal: "series", State: finding.Leaking, Summary: "Series grows 8/min: 8,104 now. Biggest grower: requests{path}, 99 % of the growth."}}, "SERIES LEAK: Series grows 8/min: 8,104 now. Biggest grower: requests{path}", "", ""},
		"blocked":                {[]finding.Finding{lag, heapOK}, "LAGGING, BLOCKED: Ready work waits to run: one request in a hundred for 240ms", "The CPU quota is 0.5 of 2 processors.", ""},
		"lag by the collector":   {[]finding.Finding{caused(lag, "gc")}, "LAGGING. Ready work waits", "", "quota"},
		"job":                    {[]finding.Finding{{Signal: "jobs", State: finding.Stopped, Summary: "JOB STOPPED: refresh last succeeded 61d 3h ago, planned every 10m."}}, "JOB STOPPED: refresh last succeeded 61d 3h ago", "", "STOPPED. "},
		"foreign job":            {[]finding.Finding{{Signal: "jobs", State: finding.Stopped, Summary: "Job refresh last succeeded 61 days ago."}}, "STOPPED. Job refresh", "", ""},
		"too small": {[]finding.Finding{{Signal: "setup", State: finding.TooSmall, Cause: "size",
			Summary: "Not a leak, the limit is too small: live memory is flat at 430 MiB but the limit is 512 MiB; GC uses 31 % of the CPU. Raise the limit to 900 MiB."}, heapOK},
			"NOT A LEAK, TOO SMALL. Live memory is flat at 430 MiB but the limit is 512 MiB; GC uses 31 % of the CPU. Raise the limit to 900 MiB.", "", "Not a leak"},
		"too small, too early to say more": {[]finding.Finding{{Signal: "heap", State: finding.TooSmall, Cause: "limit", Summary: "Live memory of 490 MiB is 96 % of the limit."},
			{Signal: "heap", State: finding.TooEarly, Summary: "Live memory 490 MiB."}}, "TOO SMALL. Live memory of 490 MiB", "", "NOT A LEAK"},
		"leak that fills the limit": {[]finding.Finding{leaking, {Signal: "heap", State: finding.TooSmall, Cause: "limit", Summary: "Live memory of 490 MiB is 96 % of the limit."}},
			"LEAK LIKELY. Live memory grows", "Also: Live memory of 490 MiB is 96 %", "NOT A LEAK"},
		"exploded": {[]finding.Finding{{Signal: "series", State: finding.Exploded, Summary: "requests{path} exploded: about 7,990 values."}}, "EXPLODED. requests{path} exploded", "", ""},
		"too early": {[]finding.Finding{{Signal: "heap", State: finding.TooEarly, Summary: "Live memory 12 MiB."}},
			"TOO EARLY: 4m of 1h of data to judge growth. The previous process died at 97 % of the limit. Live memory 12 MiB.", "", ""},

		"what kills first leads": {[]finding.Finding{pile, with(leaking, finding.Suspect, 40*time.Minute)}, "LEAK SUSPECTED. Live memory grows", "Also: 71 goroutines", ""},
		"not what may level off": {[]finding.Finding{pile, with(leaking, finding.Growing, 40*time.Minute)}, "GOROUTINES LEAK:", "", "Live memory"},
		"unless it is very soon": {[]finding.Finding{pile, with(leaking, finding.Growing, 10*time.Minute)}, "GROWING. Live memory", "Also: 71 goroutines", ""},
		"the earlier end":        {[]finding.Finding{with(pile, finding.Leaking, 9*time.Hour), with(leaking, finding.Leaking, 5*time.Hour)}, "LEAK LIKELY.", "", ""},

		"one cause, told once":       {[]finding.Finding{caused(leaking, "goroutines"), pile}, "GOROUTINES LEAK: 71 goroutines", "Live memory grows with it, 18.0 MiB/h.", "412"},
		"one cause, with its end":    {[]finding.Finding{caused(with(leaking, finding.Suspect, 40*time.Minute), "goroutines"), pile}, "GOROUTINES LEAK:", "and at its limit at 12:40.", "412"},
		"proved by what follows":     {[]finding.Finding{with(pile, finding.Suspect, 0), caused(leaking, "goroutines")}, "GOROUTINES LEAK: 71 goroutines", "", "SUSPECTED"},
		"series that nobody counted": {[]finding.Finding{caused(leaking, "series")}, "SERIES LEAK: Live memory grows", "", "LIKELY"},
		"data grew": {[]finding.Finding{caused(with(leaking, finding.Growing, 0), causeData), {Signal: "state", State: finding.Growing, Summary: "DATA GREW: orders holds 900 entries in 90 MiB, against 300 entries in 30 MiB after warm-up: entries × 3, bytes per entry flat."}},
			"DATA GREW, NOT A LEAK: orders holds 900 entries", "Live memory grows with it, 18.0 MiB/h.", "GROWING"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			o := outlook{
				now: noon, age: 4 * time.Minute, need: time.Hour, findings: c.findings,
				flat: flatness{level: 12 << 20, share: 0.012, span: 6 * time.Hour}, quota: "The CPU quota is 0.5 of 2 processors.",
				ended: "The previous process died at 97 % of the limit.",
			}
			line := o.line()
			if !strings.HasPrefix(line, c.want) || !strings.Contains(line, c.also) || c.not != "" && strings.Contains(line, c.not) {
				t.Errorf("the line is\n\t%s\nwant\n\t%s\nwith %q and without %q", line, c.want, c.also, c.not)
			}
		})
	}
}
