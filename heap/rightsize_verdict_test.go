package heap

import (
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

// process returns one that at its own pace needs about 2 × live + 20 MiB.
func process(live float64, kernel, memoryLimit uint64) simulated {
	p := simulated{live: live, allocates: 100 * mib, gogc: 100, cycleCPU: 0.3, cores: 0.5}
	p.sample = sizingSample{Metadata: 20 * mib, KernelLimit: kernel, MemoryLimit: memoryLimit}
	if free := float64(memoryLimit) - 20*mib; memoryLimit > 0 && free*0.97 < 2*live {
		p.goal = free * 0.97
	}
	return p
}

var verdicts = []struct {
	name    string
	process simulated
	config  SizerConfig
	growth  finding.State
	want    Verdict
	words   []string
	not     string
}{
	{name: "it fits", process: process(200*mib, 512*mib, 460*mib), growth: finding.OK, want: VerdictOK, words: []string{"fits", "512 MiB"}},
	{
		name: "not a leak, the limit is too small", process: process(430*mib, 512*mib, 490*mib), growth: finding.OK, want: VerdictTooSmall,
		words: []string{"Not a leak", "flat at 430 MiB", "limit is 512 MiB", "GC uses", "Raise the limit to 1.0"},
	},
	{
		name: "GOMEMLIMIT alone is too small", process: process(280*mib, 2048*mib, 330*mib), growth: finding.OK, want: VerdictTooSmall,
		words: []string{"Not a leak, the limit is too small: live memory", "but GOMEMLIMIT is 330 MiB", "limit of 2.00 GiB is enough"}, not: "Raise the limit",
	},
	{
		name: "the same while it leaks", process: process(430*mib, 512*mib, 490*mib), growth: finding.Leaking, want: VerdictTooSmall,
		words: []string{"live memory is 430 MiB", "grows (leak)", "follow it up"}, not: "Not a leak",
	},
	{
		name: "the same while nobody judges growth", process: process(430*mib, 512*mib, 490*mib), growth: finding.Unknown, want: VerdictTooSmall,
		words: []string{"The limit is too small"}, not: "leak",
	},
	{
		name: "Go does not know of the limit", process: process(300*mib, 512*mib, 0), growth: finding.OK, want: VerdictTooSmall,
		words: []string{"kernel's limit of 512 MiB: GOMEMLIMIT is not set", "Set GOMEMLIMIT=460MiB", "raise the limit to"},
	},
	{
		name: "GOMEMLIMIT does not count what C code takes", growth: finding.OK, want: VerdictTooSmall,
		process: func() simulated {
			p := process(200*mib, 600*mib, 500*mib)
			p.sample.OffHeap = 180 * mib
			return p
		}(),
		words: []string{"kernel's limit of 600 MiB: GOMEMLIMIT is 500 MiB"},
	},
	{
		name: "what C code takes does not fill GOMEMLIMIT", growth: finding.OK, want: VerdictOK,
		process: func() simulated {
			p := process(100*mib, 700*mib, 300*mib)
			p.sample.OffHeap = 200 * mib
			return p
		}(),
	},
	{
		name: "the limit makes the collector work", process: process(300*mib, 420*mib, 380*mib), growth: finding.OK, want: VerdictTooSmall,
		words: []string{"Not a leak", "GC uses 1", "of the CPU"},
	},
	{
		name: "4 GiB for half a GiB", process: process(200*mib, 4096*mib, 3686*mib), growth: finding.OK, want: VerdictTooLarge,
		words: []string{"More memory is reserved", "4.00 GiB", "wait for the daily peak"},
	},
	{
		name: "GOGC is off: it means to fill its limit", growth: finding.OK, want: VerdictOK,
		process: func() simulated {
			p := process(200*mib, 4096*mib, 3686*mib)
			p.gogc, p.goal, p.allocates = -1, 3000*mib, 3000*mib
			return p
		}(),
	},
	{
		name: "the request is too small", process: process(200*mib, 512*mib, 460*mib), config: SizerConfig{Request: 128 * mib},
		growth: finding.OK, want: VerdictTooSmall, words: []string{"memory request of 128 MiB is too small"},
	},
	{
		name: "the request is too large", process: process(200*mib, 1024*mib, 900*mib), config: SizerConfig{Request: 1024 * mib},
		growth: finding.OK, want: VerdictTooLarge, words: []string{"the request is 1.00 GiB", "the limit is 1.00 GiB (GOMEMLIMIT 900 MiB)"},
	},
}

func TestVerdicts(t *testing.T) {
	for _, c := range verdicts {
		t.Run(c.name, func(t *testing.T) {
			a := advised(t, c.process, 20*time.Minute, c.config, c.growth)
			if a.Verdict != c.want {
				t.Fatalf("the verdict is %s, want %s: %s", a.Verdict, c.want, a)
			}
			for _, word := range c.words {
				if !strings.Contains(a.Summary, word) {
					t.Errorf("%q does not say %q", a.Summary, word)
				}
			}
			if c.not != "" && strings.Contains(a.Summary, c.not) {
				t.Errorf("%q says %q", a.Summary, c.not)
			}
			f, ok := a.Finding()
			if wants := c.want == VerdictTooSmall || c.want == VerdictTooLarge; ok != wants || ok && f.State != c.want.State() {
				t.Errorf("the finding is %+v, %v", f, ok)
			}
		})
	}
}

func TestVerdictsAsStates(t *testing.T) {
	for verdict, want := range map[Verdict]finding.State{
		VerdictUnknown: finding.Unknown, VerdictTooEarly: finding.TooEarly, VerdictOK: finding.OK,
		VerdictTooSmall: finding.TooSmall, VerdictTooLarge: finding.OK, "": finding.Unknown,
	} {
		if got := verdict.State(); got != want {
			t.Errorf("%q is the state %v, want %v", verdict, got, want)
		}
	}
}

func TestAQuotaThatNeverThrottled(t *testing.T) {
	p := process(200*mib, 512*mib, 460*mib)
	p.sample.CPUQuota = 2
	if said := advised(t, p, 20*time.Minute, SizerConfig{}, finding.OK).String(); !strings.Contains(said, "quota 2, throttled in 0 % of periods") {
		t.Errorf("said is %q", said)
	}
}

// Eight processors spend a quota of two within 25 of 100 ms: over a second little is
// used, and a lower quota would make it worse.
func TestBurstsAreNotMendedByALowerQuota(t *testing.T) {
	p := process(200*mib, 512*mib, 460*mib)
	p.sample.CPUQuota, p.cycleCPU = 2, 0.01
	s := newSizer(t, SizerConfig{})
	p.run(s, 20*time.Minute, func(time.Duration) {
		p.sample.Periods += 10
		p.sample.ThrottledPeriods++
		p.sample.ThrottledSeconds += 0.075
	})
	a := RightSize(s, finding.OK)
	if a.Verdict != VerdictTooSmall || a.CPU.Sufficient < 2 {
		t.Errorf("%s: a quota of %v would suffice, of 2 that is too small", a.Verdict, a.CPU.Sufficient)
	}
	if !strings.HasPrefix(a.Summary, "CPU was throttled in 10 % of periods by bursts") || strings.Contains(a.Summary, "sufficed") {
		t.Errorf("said is %q", a.Summary)
	}
}
