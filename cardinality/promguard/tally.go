package promguard

import (
	"math"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
)

// tally is what a histogram, a summary or a counter has counted, in a form that
// adds up. The quantiles of a summary do not.
type tally struct {
	count   uint64
	sum     float64  // the value of a counter
	buckets []uint64 // cumulative, by upper bound; the bounds of a vec are all the same
	native  *native  // nil if there is none
}

func readTally(m *dto.Metric) *tally {
	if s := m.GetSummary(); s != nil {
		return &tally{count: s.GetSampleCount(), sum: s.GetSampleSum()}
	}
	if c := m.GetCounter(); c != nil {
		return &tally{sum: c.GetValue()}
	}
	h := m.GetHistogram()
	t := &tally{count: h.GetSampleCount(), sum: h.GetSampleSum(), native: readNative(h)}
	for _, b := range h.GetBucket() {
		if !math.IsInf(b.GetUpperBound(), 1) { // there only if it has an exemplar
			t.buckets = append(t.buckets, b.GetCumulativeCount())
		}
	}
	return t
}

// add adds what is in now and was not in before, which may be nil. A native
// histogram may have reset itself in between.
func (t *tally) add(now, before *tally) {
	if before == nil || before.count > now.count {
		before = &tally{}
	}
	if now.equals(before) {
		return
	}
	t.count += now.count - before.count
	t.sum += sumSince(now.sum, before.sum)
	if len(t.buckets) < len(now.buckets) {
		t.buckets = append(t.buckets, make([]uint64, len(now.buckets)-len(t.buckets))...)
	}
	for i, n := range now.buckets {
		t.buckets[i] += n
		if i < len(before.buckets) {
			t.buckets[i] -= before.buckets[i]
		}
	}
	if now.native != nil {
		t.native = t.native.plus(now.native, 1).plus(before.native, -1)
	}
}

// equals reports whether nothing was recorded from one tally to the other. A sum may
// have become NaN, which is not equal to itself.
func (t *tally) equals(other *tally) bool {
	return t.count == other.count && (t.sum == other.sum || math.IsNaN(t.sum) && math.IsNaN(other.sum))
}

// sumSince is now − before, but for sums that are infinite.
func sumSince(now, before float64) float64 {
	if difference := now - before; !math.IsNaN(difference) {
		return difference
	}
	return now
}

// addTo adds the tally to what a metric has written.
func (t *tally) addTo(m *dto.Metric) {
	if s := m.GetSummary(); s != nil {
		s.SampleCount = proto.Uint64(s.GetSampleCount() + t.count)
		s.SampleSum = proto.Float64(s.GetSampleSum() + t.sum)
		return
	}
	if c := m.GetCounter(); c != nil {
		c.Value = proto.Float64(c.GetValue() + t.sum)
		return
	}
	h := m.GetHistogram()
	for i, b := range h.GetBucket() {
		extra := t.count
		if i < len(t.buckets) {
			extra = t.buckets[i]
		}
		b.CumulativeCount = proto.Uint64(b.GetCumulativeCount() + extra)
	}
	if t.native != nil {
		readNative(h).plus(t.native, 1).write(h)
	}
	h.SampleCount = proto.Uint64(h.GetSampleCount() + t.count)
	h.SampleSum = proto.Float64(h.GetSampleSum() + t.sum)
}
