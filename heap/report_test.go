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
type judged struct {
	monitor *Monitor
	growth  finding.Finding
}

func (j judged) Findings() []finding.Finding { return append(j.monitor.Findings(), j.growth) }

func TestLimitThatIsTooSmallIsSaidOnce(t *testing.T) {
	monitor, sizer := fullProcess(t)
	flat := judged{monitor, finding.Finding{Signal: "heap", State: finding.OK, Summary: "Live memory is flat."}}
	if alone := get(t, Handler(HandlerConfig{Findings: flat}), "?format=text", "").Body.String(); strings.Count(alone, "960 MiB") != 1 {
		t.Errorf("without advice the report does not say once to raise the limit to 960 MiB:\n%s", alone)
	}
	h := Handler(HandlerConfig{Findings: flat, Sizer: sizer})
	for _, format := range []string{"text", "html"} {
		got := get(t, h, "?format="+format, "").Body.String()
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
	leaking := judged{monitor, finding.Finding{Signal: "heap", State: finding.Leaking, Summary: "Live memory grows 18 MiB/day."}}
	got := get(t, Handler(HandlerConfig{Findings: leaking, Sizer: sizer}), "?format=text", "").Body.String()
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
			if got := get(t, Handler(HandlerConfig{Monitor: monitor}), "?format="+format, "").Body.String(); !strings.Contains(got, "in 0s, since") {
				t.Errorf("%s does not say that no time has passed:\n%s", format, got)
			}
		}
	})
}

func TestTheHeadingIsInWords(t *testing.T) {
	r := report{State: finding.TooSmall, Verdict: "Live memory of 490 MiB is 96 % of the limit."}
	if said := r.text(); !strings.HasPrefix(said, "TOO SMALL. Live memory") {
		t.Errorf("it begins with %.40q", said)
	}
}
