package collect

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/govitals/govitals/metric"
)

// MaxMetrics is how many metrics one Sources knows, the first that it meets.
const MaxMetrics = 1024

// MaxSamples is how many samples one call of [Sources.Samples] returns.
const MaxSamples = 10_000

// Sources are the sources of one exporter. It is safe for concurrent use.
type Sources struct {
	sources []metric.Source
	table   *table
	drops   drops
	size    atomic.Int64 // of the latest result of Samples, the next one's guess
}

// New returns Sources for the named exporter. A nil source is an error.
func New(exporter string, sources ...metric.Source) (*Sources, error) {
	for i, source := range sources {
		if source == nil {
			return nil, fmt.Errorf("%s: source %d of %d is nil: pass a metric.Source or leave it out",
				exporter, i+1, len(sources))
		}
	}
	s := &Sources{sources: slices.Clone(sources), table: newTable()}
	s.drops.name = takeName(exporter, s)
	return s, nil
}

// Descs returns what the sources declare now, as far as it is valid, each
// metric once. A metric that is left out here is counted when its samples come.
func (s *Sources) Descs() []metric.Desc {
	var descs []metric.Desc
	listed := make(map[string]bool)
	for _, source := range s.sources {
		var declared []metric.Desc
		isolate(func() { declared = source.Describe() })
		for _, desc := range declared {
			known, reason := s.table.resolve(desc)
			if reason == none && !listed[known.Name] {
				listed[known.Name] = true
				descs = append(descs, known)
			}
		}
	}
	return descs
}

// Samples asks each source, in order, and returns what can be exported.
// The samples share nothing with the sources but finished histograms.
func (s *Sources) Samples() []metric.Sample {
	r := newRound(s, int(s.size.Load()))
	for _, source := range s.sources {
		if !isolate(func() { source.Collect(r.add) }) {
			s.Drop(Panic)
		}
	}
	samples := r.close()
	s.size.Store(int64(len(samples)))
	return samples
}
