package promguard

import (
	"maps"
	"math"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
)

// maxNativeBuckets bounds the buckets of a sum of native histograms, positive
// and negative ones each. Beyond it neighbours are joined.
const maxNativeBuckets = 1024

// minNativeSchema is the coarsest one: buckets grow by a factor of 65,536.
const minNativeSchema = -4

// native is a native histogram as a map. Bucket i of schema s holds what is in
// (base^(i-1), base^i] with base 2^(2^-s).
type native struct {
	schema             int32
	threshold          float64 // what is at most that far from zero is in zero
	zero               int64
	positive, negative map[int]int64
}

// readNative returns nil if the histogram has no native part.
func readNative(h *dto.Histogram) *native {
	if h == nil || h.Schema == nil {
		return nil
	}
	return &native{
		schema: h.GetSchema(), threshold: h.GetZeroThreshold(), zero: int64(h.GetZeroCount()),
		positive: readSpans(h.GetPositiveSpan(), h.GetPositiveDelta()),
		negative: readSpans(h.GetNegativeSpan(), h.GetNegativeDelta()),
	}
}

func readSpans(spans []*dto.BucketSpan, deltas []int64) map[int]int64 {
	buckets := make(map[int]int64, len(deltas))
	index, count := 0, int64(0)
	for _, span := range spans {
		index += int(span.GetOffset())
		for range span.GetLength() {
			if len(deltas) == 0 {
				return buckets
			}
			count += deltas[0]
			deltas = deltas[1:]
			buckets[index] = count
			index++
		}
	}
	return buckets
}

// plus returns n + sign × other, at the coarser resolution and the wider zero
// bucket of the two. Either may be nil. n is used up.
func (n *native) plus(other *native, sign int64) *native {
	if other == nil {
		return n
	}
	if n == nil {
		n = &native{schema: other.schema, threshold: other.threshold, positive: map[int]int64{}, negative: map[int]int64{}}
	}
	o := &native{
		schema: other.schema, threshold: other.threshold, zero: other.zero,
		positive: maps.Clone(other.positive), negative: maps.Clone(other.negative),
	}
	schema, threshold := min(n.schema, o.schema), max(n.threshold, o.threshold)
	n.coarsen(schema, threshold)
	o.coarsen(schema, threshold)
	n.zero += sign * o.zero
	merge(n.positive, o.positive, sign)
	merge(n.negative, o.negative, sign)
	for n.schema > minNativeSchema && max(len(n.positive), len(n.negative)) > maxNativeBuckets {
		n.coarsen(n.schema-1, threshold)
	}
	return n
}

func merge(into, from map[int]int64, sign int64) {
	for i, count := range from {
		if into[i] += sign * count; into[i] == 0 {
			delete(into, i)
		}
	}
}

func (n *native) coarsen(schema int32, threshold float64) {
	shift := n.schema - schema
	n.positive, n.negative = joined(n.positive, shift), joined(n.negative, shift)
	n.schema, n.threshold = schema, threshold
	for _, buckets := range []map[int]int64{n.positive, n.negative} {
		for i, count := range buckets {
			if upperEdge(i, schema) <= threshold {
				n.zero += count
				delete(buckets, i)
			}
		}
	}
}

// joined makes one bucket of 2^shift neighbours.
func joined(buckets map[int]int64, shift int32) map[int]int64 {
	if shift == 0 {
		return buckets
	}
	wide := make(map[int]int64, len(buckets))
	for i, count := range buckets {
		wide[(i-1)>>shift+1] += count
	}
	return wide
}

func upperEdge(index int, schema int32) float64 {
	return math.Exp2(float64(index) * math.Exp2(-float64(schema)))
}

func (n *native) write(h *dto.Histogram) {
	h.Schema, h.ZeroThreshold = proto.Int32(n.schema), proto.Float64(n.threshold)
	h.ZeroCount = proto.Uint64(uint64(max(n.zero, 0)))
	h.PositiveSpan, h.PositiveDelta = spans(n.positive)
	h.NegativeSpan, h.NegativeDelta = spans(n.negative)
	if n.threshold == 0 && n.zero == 0 && len(h.PositiveSpan)+len(h.NegativeSpan) == 0 {
		// A native histogram without a span is taken for a classic one.
		h.PositiveSpan = []*dto.BucketSpan{{Offset: proto.Int32(0), Length: proto.Uint32(0)}}
	}
}

func spans(buckets map[int]int64) (spans []*dto.BucketSpan, deltas []int64) {
	next, last := 0, int64(0)
	for at, index := range slices.Sorted(maps.Keys(buckets)) {
		if at == 0 || index != next {
			spans = append(spans, &dto.BucketSpan{Offset: proto.Int32(int32(index - next)), Length: proto.Uint32(0)})
		}
		span := spans[len(spans)-1]
		*span.Length++
		deltas = append(deltas, buckets[index]-last)
		next, last = index+1, buckets[index]
	}
	return spans, deltas
}
