package vitals

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/govitals/govitals/cardinality"
)

func TestTheLargestAreNamed(t *testing.T) {
	guard := cardinality.NewVec([]string{"path"}, func([]string) *int { return new(int) }, cardinality.Name("requests")).Guard()
	vec := cardinality.NewVec([]string{"path"}, func([]string) *int { return new(int) }, cardinality.Name("errors"))
	for i := range 200 {
		vec.With(fmt.Sprint(i))
	}
	var group, waiting sync.WaitGroup
	release := make(chan struct{})
	for range 100 {
		group.Add(1)
		waiting.Add(1)
		go waitForRelease(release, &waiting, &group)
	}
	waiting.Wait()
	s := newSetup()
	guards := func() []*cardinality.Guard { return []*cardinality.Guard{guard, vec.Guard()} }
	s.lookAtLargest(noon, noon, guards)
	if len(s.Findings()) != 0 {
		t.Errorf("before the program has started: %+v", s.Findings())
	}
	s.lookAtLargest(noon.Add(largestAfter), noon, guards)
	close(release)
	group.Wait()
	all := s.Findings()
	if len(all) != 2 || !strings.Contains(all[0].Summary, "waitForRelease") || !strings.Contains(all[1].Summary, "in errors.") {
		t.Errorf("findings are %+v", all)
	}
	if n := s.largest.sites[0].Share * float64(s.largest.goroutines); n < 50 || n > 101 { // some may not wait yet
		t.Errorf("%v goroutines wait for release, want 100", n)
	}
}

func waitForRelease(release chan struct{}, waiting, group *sync.WaitGroup) {
	defer group.Done()
	waiting.Done()
	<-release
}
