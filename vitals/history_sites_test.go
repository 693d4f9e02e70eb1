package vitals

import (
	"fmt"
	"testing"

	gostacks "github.com/govitals/govitals/internal/stacks"
)

// What was too small to be kept at first may have been there all the same.
func TestTheChangeOfASiteThatWasNotKeptIsNotKnown(t *testing.T) {
	look := func(sites int) map[gostacks.Site]int {
		all := map[gostacks.Site]int{}
		for i := range sites {
			all[gostacks.Site{Root: fmt.Sprintf("f%03d", i)}] = 1000 - i
		}
		return all
	}
	first, last := gostacks.Site{Root: "f000"}, gostacks.Site{Root: "f299"}
	for sites, want := range map[int]string{300: "–", 200: "+701"} {
		var s siteSampler
		if said := s.change(first, 7); said != "–" {
			t.Errorf("before the first look the change is %s", said)
		}
		s.take(noon, largestOf(look(sites), maxSites))
		if said := s.change(last, 701); said != want {
			t.Errorf("of %d sites the change of the last is %s, want %s", sites, said, want)
		}
		if said := s.change(first, 1007); said != "+7" {
			t.Errorf("the change of the first is %s", said)
		}
	}
}
