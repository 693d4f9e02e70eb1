package sim

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

func TestLivesAreTheSameAgain(t *testing.T) {
	t.Parallel()
	for _, family := range Families() {
		one, other := family.Make(3, 0.01), Make(family.Name, 3, 0.01)
		if !slices.Equal(one.Points, other.Points) {
			t.Errorf("%s: seed 3 makes two lives", family.Name)
		}
		if third := family.Make(4, 0.01); slices.Equal(one.Points, third.Points) {
			t.Errorf("%s: seeds 3 and 4 make the same life", family.Name)
		}
	}
}

// A life with a leak ends higher than the same life without, by what has leaked.
func TestLeaksAddUp(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"flat", "warmup", "batch", "missing", "sparse"} {
		for seed := range uint64(8) {
			healthy, leaky := Make(name, seed, 0), Make(name, seed, 0.05)
			n := len(healthy.Points) - 1
			at := healthy.Points[n].At
			want := leaky.PerHour * at.Sub(leaky.Onset).Hours()
			got := leaky.Points[n].Value - healthy.Points[n].Value
			if !leaky.Steady {
				continue // it leaks with the load
			}
			if math.Abs(got-want) > 0.02*want {
				t.Errorf("%s, seed %d: leaked %.3g of %.3g", name, seed, got, want)
			}
		}
	}
}

// Figures of the interval from Newcombe, Statistics in Medicine 17 (1998), table I.
func TestWilson(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		part, whole int
		low, high   float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} {
		low, high := Wilson(test.part, test.whole)
		if math.Abs(low-test.low) > 5e-5 || math.Abs(high-test.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", test.part, test.whole, low, high, test.low, test.high)
		}
	}
}

// clock says each state from some hour on.
type clock struct{ at time.Time }

func (c *clock) Add(at time.Time, _, _ float64) { c.at = at }
func (c *clock) Regime()                        {}
func (c *clock) Restart()                       {}

func (c *clock) Judge() (state finding.State, low, high float64) {
	switch hour := c.at.Sub(start).Hours(); {
	case hour >= 40:
		return finding.Leaking, 0, math.Inf(1)
	case hour >= 30:
		return finding.Suspect, 0, 0
	}
	return finding.OK, 0, 0
}

func TestScore(t *testing.T) {
	t.Parallel()
	flat := Family{Name: "flat", Group: Tuning, shape: func(p *plan) { p.onset, p.byLoad = 0, false }}
	o := Run(flat.Make(1, 0.01), &clock{})
	if o.Growing.Hours() != 30 || o.Suspect.Hours() != 30 || o.Leaking.Hours() != 40 {
		t.Errorf("growing after %v, suspect after %v, leaking after %v", o.Growing, o.Suspect, o.Leaking)
	}
	if o.Asked == 0 || math.Abs(float64(o.Covered)/float64(o.Asked)-32./42) > 0.02 {
		t.Errorf("%d of %d intervals hold the rate", o.Covered, o.Asked)
	}
	trial := Trial{Families: []Family{flat}, Healthy: 2, Leaky: 1, First: 1, New: func() Detector { return &clock{} }}
	scores := trial.Run()
	if s := &scores[0]; s.FalseLeaking != 2 || s.FalseGrowing != 2 || s.Found != [5]int{1, 1, 1, 1, 1} || s.Precision() != 0.5 {
		t.Errorf("score %+v, precision %v", s, s.Precision())
	}
	if table := trial.Table(scores); !strings.Contains(table, "| flat | 2 | 100.0 % (34.2-100.0) |") {
		t.Errorf("table:\n%s", table)
	}
}
