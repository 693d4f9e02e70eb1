package usage

import (
	"reflect"
	"runtime"
	"sync"
)

const (
	// primers is how many goroutines Prime has at once.
	primers = 64
	// cachedWaits is how many records of waiting (sudog) a processor keeps:
	// the length of p.sudogcache in runtime/runtime2.go.
	cachedWaits = 128
)

// Prime makes the runtime fill the caches of its own that it never gives back:
// the descriptors of goroutines that have ended, and each processor's records of
// waiting. They have a bound, but grow towards it by an object now and then with
// any work that starts goroutines, which looks like a leak of small objects.
func Prime() {
	waits := 2 * cachedWaits * runtime.GOMAXPROCS(0) / primers // twice: they are shared out by chance
	gate := make(chan struct{})
	cases := make([]reflect.SelectCase, waits)
	for i := range cases {
		cases[i] = reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(gate)}
	}
	var waiting, gone sync.WaitGroup
	waiting.Add(primers)
	for range primers {
		gone.Go(func() {
			waiting.Done()
			reflect.Select(cases)
		})
	}
	waiting.Wait()
	runtime.Gosched()
	close(gate)
	gone.Wait()
}
