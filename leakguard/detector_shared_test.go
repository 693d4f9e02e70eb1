package leakguard

import (
	"context"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

// thrifty judges itself, and uses its slices again each time.
type thrifty struct {
	how      []string
	culprits []finding.Culprit
}

func (*thrifty) Name() string { return "sessions" }

func (*thrifty) Read(context.Context) (Reading, error) { return Reading{Value: 1}, nil }

func (s *thrifty) Findings() []finding.Finding {
	s.how[0], s.culprits[0].Name = "it grows", "main.open"
	return []finding.Finding{{Signal: "sessions", State: Leaking, How: s.how, Culprits: s.culprits}}
}

func (s *thrifty) Culprits(int) []finding.Culprit {
	s.culprits[0].Name = "main.open"
	return s.culprits
}

// TestAnswersAreTheCallersOwn: whoever shortens a path in a finding does so for himself, and
// while the signal writes the next one.
func TestAnswersAreTheCallersOwn(t *testing.T) {
	inBubble(t, DetectorConfig{}, func(t *testing.T, d *Detector) {
		_ = d.Watch(&thrifty{make([]string, 1), make([]finding.Culprit, 1)}, figure{name: "series", read: func(context.Context) (Reading, error) {
			return Reading{Value: 7}, nil
		}})
		for range 100 {
			time.Sleep(time.Second)
			for _, f := range d.Findings() {
				for i := range f.How {
					f.How[i] = "changed"
				}
				for i := range f.Culprits {
					f.Culprits[i].Name = "changed"
				}
			}
			for _, name := range []string{"sessions", "series"} {
				v, _ := d.Verdict(name)
				for i := range v.Why {
					v.Why[i] = "changed"
				}
			}
		}
		if f := about(t, d, "sessions"); f.How[0] != "it grows" || f.Culprits[0].Name != "main.open" {
			t.Errorf("a caller has changed what others get: %+v", f)
		}
		if v, _ := d.Verdict("series"); len(v.Why) == 0 || v.Why[0] == "changed" {
			t.Errorf("a caller has changed what others get: %+v", v)
		}
	})
}
