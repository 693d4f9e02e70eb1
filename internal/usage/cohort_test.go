package usage

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestCohortsForgetWhatCameAndWent(t *testing.T) {
	c := NewCohorts(slices.Values([]string{"old"}))
	c.See(0, slices.Values([]string{"old", "pool"}))
	c.See(1, slices.Values([]string{"old", "pool", "passing", "leak 1"}))
	c.See(2, slices.Values([]string{"pool", "leak 1", "leak 2"}))
	left := []string{"pool", "leak 1", "leak 2", "old", "never seen"}
	if got := c.Counts(slices.Values(left)); !slices.Equal(got, []float64{1, 2, 3}) {
		t.Errorf("what is left was there %v times, want 1, 2, 3", got)
	}
	if c.IsNew("old") || !c.IsNew("leak 1") || !c.IsNew("never seen") {
		t.Error("what was there before is not told from what is new")
	}
}

// The count at each reading is that of the things in the end which were there
// already, whatever came and went.
func TestCohortsCountSurvivors(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		born, alive := map[int]int{}, map[int]bool{}
		c := NewCohorts(slices.Values([]int(nil)))
		next := 0
		for reading := range 9 {
			for thing := range alive {
				if random.IntN(3) == 0 {
					delete(alive, thing)
				}
			}
			for range random.IntN(10) {
				born[next], alive[next] = reading, true
				next++
			}
			c.See(reading, maps.Keys(alive))
		}
		for reading, got := range c.Counts(maps.Keys(alive)) {
			want := 0.0
			for thing := range alive {
				if born[thing] <= reading {
					want++
				}
			}
			if got != want {
				t.Fatalf("reading %d: %v, want %v", reading, got, want)
			}
		}
	}
}
