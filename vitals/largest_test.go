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
	l := largest{next: noon.Add(largestAfter)}
	guards := func() []*cardinality.Guard { return []*cardinality.Guard{guard, vec.Guard()} }
	l.look(noon, guards)
	if len(l.Findings()) != 0 {
		t.Errorf("before the program has started: %+v", l.Findings())
	}
	l.look(noon.Add(largestAfter), guards)
	close(release)
	group.Wait()
	all := l.Findings()
	if len(all) != 2 || !strings.Contains(all[0].Summary, "waitForRelease") || !strings.Contains(all[1].Summary, "in errors.") {
		t.Errorf("findings are %+v", all)
	}
	var total float64
	_, err := fmt.Sscanf(all[0].Summary, "%f goroutines", &total)
	if n := all[0].Culprits[0].Share * total; err != nil || n < 50 || n > 101 { // some may not wait yet
		t.Errorf("%v goroutines wait for release, want 100: %v", n, err)
	}
}

func waitForRelease(release chan struct{}, waiting, group *sync.WaitGroup) {
	defer group.Done()
	waiting.Done()
	<-release
}
