package cardinality

import (
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"
)

type tally struct{ n atomic.Int64 }

func newTally([]string) *tally { return new(tally) }

// checkSets checks that the sets hold what was recorded, each once, and that their
// values are fit for a metric.
func checkSets(t *testing.T, v *Vec[*tally], want int64) {
	t.Helper()
	shown, sum := map[string]bool{}, int64(0)
	for set := range v.Sets() {
		key := strings.Join(set.Values, "\x00|")
		if shown[key] {
			t.Errorf("two sets are shown as %q", set.Values)
		}
		shown[key] = true
		sum += set.Child.n.Load()
		marked := false
		for _, value := range set.Values {
			if !utf8.ValidString(value) || len(value) > v.guard.maxLen+len("_") {
				t.Errorf("value %.80q", value)
			}
			marked = marked || value == v.guard.config.marker
		}
		if marked != set.Overflow {
			t.Errorf("%q shows the marker: %v, is of the overflow: %v", set.Values, marked, set.Overflow)
		}
	}
	if sum != want {
		t.Errorf("the sets hold %d, want %d", sum, want)
	}
}
