package pprofenc

import (
	"errors"
	"fmt"
	"iter"
	"time"
)

// ValueType is what a value means, in the words that pprof knows: a Name such as
// "inuse_space" and a Unit such as "bytes".
type ValueType struct {
	// Name says what is counted, Unit in what.
	Name, Unit string
}

// Sample is a stack and its values. Both slices are read before the next sample
// is asked for, so one buffer serves all samples.
type Sample struct {
	// Stack holds return addresses, the innermost first, as runtime.Callers and
	// runtime.MemProfile return them. A 0 ends it.
	Stack []uintptr
	// Values has one value for each of Profile.SampleTypes. May be negative.
	Values []int64
	// BytesPerObject is the size of the objects allocated here, for heap
	// profiles. Default: 0, not known.
	BytesPerObject int64
}

// Profile is what [Write] and [Folded] write. [Heap] fills in one for the heap.
type Profile struct {
	// SampleTypes are the types of each sample's values, at least one.
	SampleTypes []ValueType
	// DefaultSampleType names the type that is shown first.
	// Default: the last of SampleTypes.
	DefaultSampleType string
	// PeriodType says what Period counts. Default: none.
	PeriodType ValueType
	// Period is the distance between two samples. Default: none.
	Period int64
	// Time is when the profile was taken. Default: none.
	Time time.Time
	// Duration is the time that a difference spans. Default: none.
	Duration time.Duration
	// HideRuntime leaves out the innermost frames that belong to the runtime,
	// as heap profiles do: a slice is then allocated by who made it. A stack
	// that is all runtime stays whole.
	// Default: false.
	HideRuntime bool
	// Samples yields the samples. Default: none.
	Samples iter.Seq[Sample]
}

// Validate returns an error that names the field that is wrong.
func (p Profile) Validate() error {
	if len(p.SampleTypes) == 0 {
		return errors.New("pprofenc: Profile.SampleTypes is empty: name at least one type of value")
	}
	for i, t := range p.SampleTypes {
		if t.Name == "" || t.Unit == "" {
			return fmt.Errorf("pprofenc: Profile.SampleTypes[%d] is %q in %q: set both Name and Unit", i, t.Name, t.Unit)
		}
	}
	if _, err := p.typeIndex(p.DefaultSampleType); err != nil {
		return fmt.Errorf("pprofenc: Profile.DefaultSampleType: %w", err)
	}
	return nil
}

// typeIndex finds a sample type by name; "" is the default one.
func (p Profile) typeIndex(name string) (int, error) {
	if name == "" {
		name = p.DefaultSampleType
	}
	if name == "" {
		return len(p.SampleTypes) - 1, nil
	}
	for i, t := range p.SampleTypes {
		if t.Name == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("there is no sample type %q: use one of %v", name, p.SampleTypes)
}

func (p Profile) samples() iter.Seq[Sample] {
	if p.Samples == nil {
		return func(func(Sample) bool) {}
	}
	return p.Samples
}

// check returns an error if the n-th sample does not fit the profile.
func (p Profile) check(n int, s Sample) error {
	if len(s.Values) != len(p.SampleTypes) {
		return fmt.Errorf("pprofenc: sample %d has %d values for %d sample types: give one value for each", n, len(s.Values), len(p.SampleTypes))
	}
	return nil
}
