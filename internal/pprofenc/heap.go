package pprofenc

// Heap returns a profile without samples that means what the heap profile of
// runtime/pprof means: alloc_objects, alloc_space, inuse_objects, inuse_space.
// The rate is [runtime.MemProfileRate].
func Heap(rate int) Profile {
	return Profile{
		SampleTypes: []ValueType{
			{"alloc_objects", "count"}, {"alloc_space", "bytes"},
			{"inuse_objects", "count"}, {"inuse_space", "bytes"},
		},
		PeriodType:  ValueType{"space", "bytes"},
		Period:      int64(rate),
		HideRuntime: true,
	}
}
