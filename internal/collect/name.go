package collect

import (
	"runtime"
	"strconv"
	"sync"
)

// names lends out the values of the label exporter. Two collectors in one
// registry would otherwise both report the drops under the same labels, which
// Prometheus answers by refusing the whole scrape.
var names struct {
	mu    sync.Mutex
	taken map[string]bool
}

// takeName returns "promvitals" for the first exporter of that kind,
// "promvitals-2" for the next. A name is lent again when its owner is garbage,
// so there are never more of them than exporters alive.
func takeName(exporter string, owner *Sources) string {
	names.mu.Lock()
	defer names.mu.Unlock()
	if names.taken == nil {
		names.taken = make(map[string]bool)
	}
	name := exporter
	for n := 2; names.taken[name]; n++ {
		name = exporter + "-" + strconv.Itoa(n)
	}
	names.taken[name] = true
	runtime.AddCleanup(owner, returnName, name)
	return name
}

func returnName(name string) {
	names.mu.Lock()
	defer names.mu.Unlock()
	delete(names.taken, name)
}
