package collect

import (
	"hash/maphash"
	"strings"
	"sync"

	"github.com/govitals/govitals/metric"
)

// round is one walk over all sources.
type round struct {
	sources *Sources
	mu      sync.Mutex // a source may emit from several goroutines
	samples []metric.Sample
	seen    map[uint64]struct{} // hashes of name and label values
	closed  bool
}

func newRound(s *Sources, size int) *round {
	return &round{
		sources: s,
		samples: make([]metric.Sample, 0, size),
		seen:    make(map[uint64]struct{}, size),
	}
}

// add is the emit of [metric.Source].
func (r *round) add(s metric.Sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if reason := r.admit(&s); reason != none {
		r.sources.Drop(reason)
		return
	}
	r.samples = append(r.samples, s)
}

// close ends the round: a source that kept emit cannot reach the exporter.
func (r *round) close() []metric.Sample {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return r.samples
}

// admit makes s fit for export or says why that cannot be.
func (r *round) admit(s *metric.Sample) (reason Reason) {
	switch {
	case r.closed:
		return Late
	case len(r.samples) == MaxSamples:
		return Limit
	case !isFinite(s):
		return NotFinite
	}
	if s.Desc, reason = r.sources.table.resolve(s.Desc); reason != none {
		return reason
	}
	if s.ValidateValue() != nil {
		return Invalid
	}
	s.LabelValues = repaired(s.LabelValues)
	if r.repeats(s) {
		return Duplicate
	}
	return none
}

// isFinite is false for NaN and the infinities: both mean "not known" or "no
// limit", which is said by leaving the sample out.
func isFinite(s *metric.Sample) bool {
	x := s.Value
	if s.Histogram != nil {
		x = s.Histogram.Sum
	}
	return x-x == 0
}

// repaired returns a copy in valid UTF-8, which both wire formats insist on.
func repaired(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	valid := make([]string, len(values))
	for i, value := range values {
		valid[i] = strings.ToValidUTF8(value, "\uFFFD")
	}
	return valid
}

var seed = maphash.MakeSeed()

// repeats reports whether the series was there before. The separator occurs in
// no valid UTF-8, so different series do not run into each other.
func (r *round) repeats(s *metric.Sample) bool {
	const separator = 0xff
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteString(s.Desc.Name)
	for _, value := range s.LabelValues {
		h.WriteByte(separator)
		h.WriteString(value)
	}
	key := h.Sum64()
	_, repeated := r.seen[key]
	r.seen[key] = struct{}{}
	return repeated
}
