package leakguard

import "math"

const (
	// None, in a field of a [Budget], allows nothing that can be told from
	// nothing.
	None = -1
	// Any, in a field of a [Budget], allows everything: the resource is not
	// looked at.
	Any = math.MaxInt32
)

// Budget is an option that says what a check may find left behind.
//
//	leakguard.Check(t, leakguard.Budget{FDs: 2, HeapBytes: 256 << 10})
//	leakguard.Loop(t, 50, f, leakguard.Budget{Threads: leakguard.Any})
//
// In [Check] and [VerifyTestMain] a field is what may be left at the end, and
// fields that are 0 are not looked at: much that a single test leaves behind is
// there to stay, like a table that was made when it was first needed. In [Loop]
// a field is what each iteration may leave behind, and 0 is [None].
//
// All but Goroutines are figures of the whole process. In a parallel test they
// belong to every test that runs: a check with such a budget fails there and
// says so.
type Budget struct {
	// Goroutines is how many goroutines may be left. Default: none.
	Goroutines int
	// HeapBytes is how many bytes the heap may gain, read after two forced
	// garbage collections. The reading has a noise of 64 KiB, so Check takes no
	// smaller budget, and None means 64 KiB.
	// Default: not looked at by Check, None in Loop.
	HeapBytes int64
	// HeapObjects is how many objects the heap may gain. The noise of one
	// difference is 1,000, so Check takes no smaller budget.
	// Default: not looked at by Check, None in Loop.
	HeapObjects int64
	// FDs is how many file descriptors may be left open. A file that was
	// forgotten counts, although the garbage collector would close it. Linux
	// only: elsewhere a budget that is set fails, and the default of Loop looks
	// at nothing.
	// Default: not looked at by Check, None in Loop.
	FDs int
	// Threads is how many threads may be added. The runtime makes as many as
	// were ever needed at the same time and keeps them; in Loop a gain of less
	// than one in five iterations is noise.
	// Default: not looked at by Check, None in Loop.
	Threads int
	// Backlog is how many finalizers and cleanups may wait to be run. It grows
	// when one of them is stuck.
	// Default: not looked at by Check, None in Loop.
	Backlog int
	// Series is how many metric series may be added. It needs SeriesCount.
	// Default: none where SeriesCount is set, else not looked at.
	Series int
	// SeriesCount counts the series of whatever keeps metrics, for example by
	// adding up the metrics of a Prometheus Gatherer.
	// Default: none.
	SeriesCount func() (int, error)
}

// apply implements [Option].
func (b Budget) apply(s *settings) {
	if s.budget != nil {
		s.problem("Budget is given twice: put the fields into one")
	}
	if b.Goroutines < None {
		s.problem("Budget.Goroutines is %d: use a count, None or Any", b.Goroutines)
	}
	b.Goroutines = max(0, b.Goroutines) // exact: None is 0
	s.budget = &b
	for r := range resources {
		if allowed := b.of(r); allowed < None {
			s.problem("Budget.%s is %d: use a count, None or Any", r.field(), allowed)
		}
	}
	if b.Series != 0 && b.Series != Any && b.SeriesCount == nil {
		s.problem("Budget.Series is %d, but SeriesCount is nil: give the function that counts them", b.Series)
	}
}

// of returns the field of a resource.
func (b *Budget) of(r resource) int64 {
	switch r {
	case heapBytes:
		return b.HeapBytes
	case heapObjects:
		return b.HeapObjects
	case fileDescriptors:
		return int64(b.FDs)
	case threadCount:
		return int64(b.Threads)
	case finalizerBacklog:
		return int64(b.Backlog)
	case metricSeries:
		return int64(b.Series)
	}
	return 0
}

// resource is what a budget can limit besides goroutines.
type resource int

const (
	heapBytes resource = iota
	heapObjects
	fileDescriptors
	threadCount
	finalizerBacklog
	metricSeries
	resources // how many there are
)

// names of each resource: the field of Budget, the word in a budget file, what
// a message calls it, its unit.
var names = [resources]struct{ field, word, title, unit string }{
	heapBytes:        {"HeapBytes", "heap_bytes", "heap", "By"},
	heapObjects:      {"HeapObjects", "heap_objects", "heap objects", "{object}"},
	fileDescriptors:  {"FDs", "fds", "file descriptors", "{fd}"},
	threadCount:      {"Threads", "threads", "threads", "{thread}"},
	finalizerBacklog: {"Backlog", "backlog", "finalizers and cleanups that wait", "{function}"},
	metricSeries:     {"Series", "series", "metric series", "{series}"},
}

func (r resource) field() string { return names[r].field }
func (r resource) word() string  { return names[r].word }
func (r resource) title() string { return names[r].title }
func (r resource) unit() string  { return names[r].unit }
