package vitals

import (
	"math"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

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
