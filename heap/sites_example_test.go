package heap_test

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/govitals/govitals/heap"
)

var cache [][]byte

//go:noinline
func remember(n int) {
	for range n {
		cache = append(cache, make([]byte, 1<<20))
	}
}

// In a service a timer calls Step, and collections happen by themselves.
func ExampleSites() {
	sites := heap.NewSites()
	for range 3 {
		sites.Step()
		remember(100)
		runtime.GC()
		runtime.GC()
	}
	sites.Step()
	for _, growth := range sites.Growth(1) {
		name := growth.Func[strings.LastIndex(growth.Func, ".")+1:]
		fmt.Println(name, "holds more:", growth.Low > 200<<20 && growth.High < 400<<20)
		// growth.String() is like: 301 MiB ± 12.1 MiB (95–100 % of the growth), …
	}
	cache = nil

	// Output: remember holds more: true
}
