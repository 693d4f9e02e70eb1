package vitals

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/heap"
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

func TestGrowthIsOneCauseOnlyIfItIsExplained(t *testing.T) {
	memory := func(perHour float64, since time.Duration, culprit string) finding.Finding {
		return finding.Finding{Signal: "heap", State: finding.Leaking, PerHour: perHour, Since: time.Now().Add(-since), Culprits: []finding.Culprit{{Name: culprit}}}
	}
	series := finding.Finding{Signal: "series", State: finding.Leaking, PerHour: 1000, Since: time.Now().Add(-10 * time.Hour)}
	cases := map[string]struct {
		memory finding.Finding
		want   string
	}{
		"2 KiB for each series":                  {memory(2<<20, 10*time.Hour, "main.count"), "series"},
		"1 MiB for each series":                  {memory(1<<30, 10*time.Hour, "main.count"), ""},
		"long before the series":                 {memory(2<<20, 100*time.Hour, "main.count"), ""},
		"1 MiB each, all in the metrics library": {memory(1<<30, 10*time.Hour, "github.com/prometheus/client_golang/prometheus.newHistogram"), "series"},
	}
	for name, c := range cases {
		findings := []finding.Finding{series, c.memory}
		if connect(findings, nil); findings[1].Cause != c.want {
			t.Errorf("%s: the cause is %q, want %q", name, findings[1].Cause, c.want)
		}
	}
}

func TestDataThatGrewIsNoLeak(t *testing.T) {
	for share, want := range map[float64]finding.State{0.5: finding.Leaking, 0.71: finding.Growing, 1.2: finding.Growing} {
		findings := []finding.Finding{leaking}
		connect(findings, &dataGrowth{name: "orders", grown: share * (100 << 20), memory: 100 << 20})
		if f := findings[0]; f.State != want || (f.Cause == causeData) != (want == finding.Growing) {
			t.Errorf("data explains %.0f %%: %+v", 100*share, f)
		}
	}
	for _, memory := range []float64{0, -5, math.NaN()} {
		findings := []finding.Finding{leaking}
		connect(findings, &dataGrowth{name: "orders", grown: 1 << 20, memory: memory})
		if findings[0].State != finding.Leaking {
			t.Errorf("memory that grew by %v was explained", memory)
		}
	}
}

// liveHistory is what a monitor saw, a value each minute.
func liveHistory(values func(minute int) float64, minutes int) (points []heap.HistoryPoint) {
	for i := range minutes {
		v := float32(values(i))
		points = append(points, heap.HistoryPoint{At: noon.Add(time.Duration(i) * time.Minute), Live: heap.Range{Min: v, Max: v, Last: v}})
	}
	return points
}

func TestFlatness(t *testing.T) {
	const level = 100 << 20
	wave := func(share float64) func(int) float64 {
		return func(i int) float64 { return level * (1 + share*math.Sin(float64(i))) }
	}
	cases := map[string]struct {
		values       func(int) float64
		atLeast, max time.Duration
		share        float64 // at most; the true one is at least half of it
	}{
		"flat":              {wave(0.012), 359 * time.Minute, 6 * time.Hour, 0.0125},
		"rising":            {func(i int) float64 { return level * (1 + float64(i)/100) }, 0, 0, 1},
		"up and down":       {wave(0.5), 0, 0, 1},
		"flat after a rise": {func(i int) float64 { return level * (1 + min(float64(i), 120)/60) }, 3 * time.Hour, 280 * time.Minute, 0.06},
		"small and uneasy":  {func(i int) float64 { return 1<<20 + 200<<10*math.Sin(float64(i)) }, 359 * time.Minute, 6 * time.Hour, 0.21},
		"unknown":           {func(int) float64 { return math.NaN() }, 0, 0, 1},
	}
	for name, c := range cases {
		f := flatnessOf(liveHistory(c.values, 360))
		if f.span < c.atLeast || f.span > c.max || f.share > c.share {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := flatnessOf(nil); f.span != 0 {
		t.Errorf("of nothing: %+v", f)
	}
}

func TestForecastHasAnInterval(t *testing.T) {
	f := forecast(noon, noon.Add(10*time.Hour), 100, 50, 200)
	if !f.At.Equal(noon.Add(10*time.Hour)) || !f.Earliest.Equal(noon.Add(5*time.Hour)) || !f.Latest.Equal(noon.Add(20*time.Hour)) {
		t.Errorf("twice and half the growth give %+v", f)
	}
	if f := forecast(noon, noon.Add(time.Hour), 100, 1e-300, math.Inf(1)); !f.Latest.IsZero() {
		t.Errorf("no growth at all ends at %v", f.Latest)
	}
	if f := forecast(noon, time.Time{}, 100, 50, 200); !f.IsZero() {
		t.Errorf("without a limit: %+v", f)
	}
}

func TestCollectionsSinceAreNeverTooMany(t *testing.T) {
	var log collectionLog
	at := noon
	for i := range 20_000 { // one a second; two days of ticks
		at = noon.Add(time.Duration(i) * 10 * time.Second)
		log.add(at, uint64(10*i))
	}
	if len(log.at) > cyclesKept {
		t.Errorf("%d moments are kept", len(log.at))
	}
	const now = 199_990
	for _, ago := range []time.Duration{time.Hour, 10 * time.Hour, 48 * time.Hour} {
		true, got := uint64(ago/time.Second), log.after(at.Add(-ago), now)
		if got > true || got < true*8/10 {
			t.Errorf("since %v there were %d collections, said are %d", ago, true, got)
		}
	}
	if got := log.after(at.Add(time.Hour), now); got != 0 {
		t.Errorf("from the future on there were %d", got)
	}
}
