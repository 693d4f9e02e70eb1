package promvitals

import (
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"

	"github.com/govitals/govitals/metric"
)

// histogram returns h in both forms: classic buckets at the bounds, and native.
func histogram(h *metric.Histogram, bounds []float64) *dto.Histogram {
	spans, deltas := native(h)
	return &dto.Histogram{
		SampleCount:   proto.Uint64(h.Count()),
		SampleSum:     proto.Float64(h.Sum),
		Bucket:        classic(h, bounds),
		Schema:        proto.Int32(int32(h.Schema)),
		ZeroThreshold: proto.Float64(0),
		ZeroCount:     proto.Uint64(h.Zero),
		PositiveSpan:  spans,
		PositiveDelta: deltas,
	}
}

// classic leaves the +Inf bucket out: the text format adds it from the count.
func classic(h *metric.Histogram, bounds []float64) []*dto.Bucket {
	buckets := make([]*dto.Bucket, len(bounds))
	for i, n := range h.Cumulative(bounds) {
		buckets[i] = &dto.Bucket{UpperBound: &bounds[i], CumulativeCount: proto.Uint64(n)}
	}
	return buckets
}

// maxGap is how many empty buckets are sent in order to avoid a new span, which
// costs about as many bytes.
const maxGap = 2

// native returns the buckets of h as runs of neighbours and as the difference
// of each count from the one before. An empty histogram still has a span, by
// which servers tell it from a classic one.
func native(h *metric.Histogram) (spans []*dto.BucketSpan, deltas []int64) {
	next, last := 0, int64(0)
	push := func(n int64) {
		*spans[len(spans)-1].Length++
		deltas = append(deltas, n-last)
		last = n
	}
	for i, n := range h.Counts {
		if n == 0 {
			continue
		}
		gap := h.First + i - next
		if len(spans) == 0 || gap > maxGap {
			spans = append(spans, span(gap))
			gap = 0
		}
		for range gap {
			push(0)
		}
		push(int64(n))
		next = h.First + i + 1
	}
	if len(spans) == 0 {
		spans = append(spans, span(0))
	}
	return spans, deltas
}

func span(offset int) *dto.BucketSpan {
	return &dto.BucketSpan{Offset: proto.Int32(int32(offset)), Length: proto.Uint32(0)}
}
