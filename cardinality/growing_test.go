package cardinality

import (
	"math"
	"strings"
	"testing"
	"time"
)

// What is left at a limit that is centuries away, or was passed, is not a time in the
// past.
func TestGrowingLeft(t *testing.T) {
	v := NewVec([]string{"a"}, func([]string) int { return 0 })
	v.With("x")
	news := &v.guard.news
	news.length = newsEpochs
	for i := range news.history {
		news.history[i] = newsEpoch{admitted: 1, lasted: time.Minute}
	}
	for _, limit := range []int{math.MaxInt32, 1000, 900} {
		found := v.guard.growing(Stats{Sets: 1000, Limit: limit})
		if len(found) != 1 || strings.Contains(found[0].Summary, "-") || strings.Contains(found[0].Summary, " 0s") {
			t.Errorf("limit %d: %+v", limit, found)
		}
	}
}

func TestMisuseOfAVecWithoutLabels(t *testing.T) {
	v := NewVec(nil, func([]string) int { return 0 })
	v.With("x")
	if found := v.Guard().Findings(); len(found) != 1 || !strings.Contains(found[0].Advice, "has no labels") {
		t.Errorf("%+v", found)
	}
}
