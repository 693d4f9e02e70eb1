package heap

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

// A process whose live memory of 480 MiB nearly fills a limit of 512 MiB.
func fullProcess(t *testing.T) (*Monitor, *Sizer) {
	p := simulated{live: 480 * mib, allocates: 100 * mib, gogc: 100, cycleCPU: 0.3, cores: 0.5, goal: 489 * mib}
	p.sample = sizingSample{Metadata: 2 * mib, KernelLimit: 512 * mib, MemoryLimit: 492 * mib}
	s := newSizer(t, SizerConfig{})
	p.run(s, 20*time.Minute, nil)
	return &Monitor{now: Snapshot{
		Stats:  Stats{At: time.Now(), Cycles: 9, Live: 480 * mib},
		Limits: []Limit{{Bytes: 512 * mib, Source: SourceGo}},
	}}, s
}

// judged is what a monitor finds, and a verdict on growth.
func judged(m *Monitor, growth finding.Finding) sourceOf { return append(m.Findings(), growth) }

func TestLimitThatIsTooSmallIsSaidOnce(t *testing.T) {
	monitor, sizer := fullProcess(t)
	flat := judged(monitor, finding.Finding{Signal: "heap", State: finding.OK, Summary: "Live memory is flat."})
	if alone := get(t, Handler(HandlerConfig{Findings: flat}), "?format=text").Body.String(); strings.Count(alone, "960 MiB") != 1 {
		t.Errorf("without advice the report does not say once to raise the limit to 960 MiB:\n%s", alone)
	}
	h := Handler(HandlerConfig{Findings: flat, Sizer: sizer})
	for _, format := range []string{"text", "html"} {
		got := get(t, h, "?format="+format).Body.String()
		for words, times := range map[string]int{"Not a leak, the limit is too small": 1, "Raise the limit to": 1, "960 MiB": 0, "Live memory is flat.": 1} {
			if n := strings.Count(got, words); n != times {
				t.Errorf("%s says %q %d times, want %d:\n%s", format, words, n, times, got)
			}
		}
	}
}

// That the limit is nearly used up says nothing about growth.
func TestLeakIsNotHiddenByASmallLimit(t *testing.T) {
	monitor, sizer := fullProcess(t)
	leaking := judged(monitor, finding.Finding{Signal: "heap", State: finding.Leaking, Summary: "Live memory grows 18 MiB/day."})
	got := get(t, Handler(HandlerConfig{Findings: leaking, Sizer: sizer}), "?format=text").Body.String()
	if strings.Contains(got, "Not a leak") || !strings.Contains(got, "these sizes follow it up") || !strings.Contains(got, "18 MiB/day") {
		t.Errorf("a leak reads\n%s", got)
	}
}

// A monitor reads at its own pace, and may have done so before the handler was made.
func TestGrowthIsOverNoNegativeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		monitor := newMonitor(t)
		monitor.step(t.Context())
		time.Sleep(30 * time.Second)
		for _, format := range []string{"text", "md", "html"} {
			if got := get(t, Handler(HandlerConfig{Monitor: monitor}), "?format="+format).Body.String(); !strings.Contains(got, "in 0s, since") {
				t.Errorf("%s does not say that no time has passed:\n%s", format, got)
			}
		}
	})
}

func TestStatesAreInWords(t *testing.T) {
	h := Handler(HandlerConfig{Findings: sourceOf{
		{Signal: "heap", State: finding.TooSmall, Summary: "Live memory is 96 % of the limit."},
		{Signal: "setup", State: finding.TooEarly, Summary: "One reading."},
	}})
	for format, want := range map[string][]string{
		"text": {"TOO SMALL. Live memory", "too early: One"}, "md": {"**TOO SMALL.** Live memory"},
		"html": {`<h1 class="state too_small">TOO SMALL: Live memory`, `<p class="state too_early">too early: One`},
	} {
		got := get(t, h, "?format="+format).Body.String()
		for _, words := range want {
			if !strings.Contains(got, words) {
				t.Errorf("%s does not say %q:\n%s", format, words, got)
			}
		}
		if strings.Contains(got, "<strong></strong>") {
			t.Errorf("%s gives no advice at length:\n%s", format, got)
		}
	}
}

// A panic of somebody else's, say, is quoted with whatever came over the net.
func TestWhatOthersSayDoesNotSteer(t *testing.T) {
	h := Handler(HandlerConfig{Findings: sourceOf{
		{Signal: "setup", State: finding.Unknown, Summary: "It fell over \x1b[2J\n## All is well", Advice: "Do\u202enothing"},
	}})
	for _, format := range []string{"text", "md", "html"} {
		got := get(t, h, "?format="+format).Body.String()
		if !strings.Contains(got, "It fell over") || strings.ContainsAny(got, "\x1b\u202e") || strings.Contains(got, "\n## All") {
			t.Errorf("%s is\n%s", format, got)
		}
	}
}

// That a limit is unknown to Go is advice. That all is well nobody has said.
func TestAdviceOnTheSetUpHeadsNoReport(t *testing.T) {
	m := &Monitor{now: Snapshot{
		Stats: Stats{At: time.Now(), Cycles: 9, Live: 1 << 20}, Limits: []Limit{{Bytes: 512 << 20, Source: SourceCgroup, File: "/f"}},
	}}
	got := get(t, Handler(HandlerConfig{Monitor: m}), "?format=text").Body.String()
	if strings.HasPrefix(got, "OK") || strings.Count(got, "GOMEMLIMIT is not set") != 1 {
		t.Errorf("the report is\n%s", got)
	}
}

// Captures are named by UTC, and so is all else that the report says.
func TestTimesAreOfOneZone(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.FixedZone("far", 5*3600))
	r := report{Captures: []Capture{{At: at.UTC()}}, Moments: []moment{{ID: "c1", At: at}}}
	var page strings.Builder
	if err := r.writeHTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{r.text(), page.String()} {
		if clock := at.UTC().Format("2006-01-02 15:04:05 UTC"); strings.Count(said, clock) != 2 {
			t.Errorf("it does not say twice that it was %s:\n%s", clock, said)
		}
	}
	r.Snapshot.At = at
	var ticket strings.Builder
	if err := r.writeMarkdown(&ticket); err != nil || !strings.HasPrefix(ticket.String(), at.UTC().Format("## Heap at 2006-01-02 15:04:05 UTC\n")) {
		t.Errorf("where a ticket is read the zone is not known: %v, %.60s", err, ticket.String())
	}
}

// Nothing has to be read into an empty comment.
func TestSizesThatNobodyGathersAreSaid(t *testing.T) {
	if got := get(t, Handler(HandlerConfig{}), "?format=yaml").Body.String(); !strings.HasPrefix(got, "# No sizes are known") {
		t.Errorf("it says %q", got)
	}
}
