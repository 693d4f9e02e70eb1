package promvitals_test

import (
	"maps"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/govitals/govitals/export/promvitals"
	"github.com/govitals/govitals/metric"
)

const acceptProtobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

// lagBuckets is a histogram by bucket index, with runs, small gaps and large ones.
var lagBuckets = map[int]uint64{-130: 4, -129: 1, -126: 7, -48: 2, -3: 1, 0: 5, 1: 1 << 10, 64: 3}

func lagSample() metric.Sample {
	h := &metric.Histogram{Schema: 4, First: -140, Counts: make([]uint64, 220), Zero: 6, Sum: 12.5}
	for index, n := range lagBuckets {
		h.Counts[index-h.First] = n
	}
	return metric.Sample{Desc: desc("lag.delay", "s", metric.KindHistogram), Histogram: h}
}

func TestNativeHistogram(t *testing.T) {
	server := serve(t, promvitals.Collector(listOf(lagSample())))
	h := protobuf(t, scrape(t, server, acceptProtobuf))["govitals_lag_delay_seconds"].Metric[0].Histogram
	if got := indexed(h); !maps.Equal(got, lagBuckets) {
		t.Errorf("buckets by index: %v\nwant %v", got, lagBuckets)
	}
	if h.GetSchema() != 4 || h.GetZeroCount() != 6 || h.GetZeroThreshold() != 0 || h.GetSampleSum() != 12.5 {
		t.Errorf("schema, zero bucket or sum differ: %v", h)
	}
	if want := 6 + 4 + 1 + 7 + 2 + 1 + 5 + uint64(1<<10) + 3; h.GetSampleCount() != want {
		t.Errorf("count %d, want %d", h.GetSampleCount(), want)
	}
	if h.CreatedTimestamp != nil {
		t.Error("there should be no created timestamp")
	}
}

func TestClassicAndNativeAgree(t *testing.T) {
	server := serve(t, promvitals.Collector(listOf(lagSample())))
	h := protobuf(t, scrape(t, server, acceptProtobuf))["govitals_lag_delay_seconds"].Metric[0].Histogram
	if len(h.Bucket) != 18 {
		t.Fatalf("%d classic buckets, want 18 from 2^-13 to 2^4", len(h.Bucket))
	}
	for i, bucket := range h.Bucket {
		want, last := h.GetZeroCount(), (i-13)<<4 // the bucket that ends at 2^(i-13)
		for index, n := range lagBuckets {
			if index <= last {
				want += n
			}
		}
		if bucket.GetCumulativeCount() != want {
			t.Errorf("le=%v: %d, want %d", bucket.GetUpperBound(), bucket.GetCumulativeCount(), want)
		}
	}
}

func TestEmptyHistogramIsNative(t *testing.T) {
	empty := metric.Sample{Desc: desc("lag.delay", "s", metric.KindHistogram), Histogram: &metric.Histogram{Schema: 4}}
	server := serve(t, promvitals.Collector(listOf(empty)))
	h := protobuf(t, scrape(t, server, acceptProtobuf))["govitals_lag_delay_seconds"].Metric[0].Histogram
	if len(h.PositiveSpan) != 1 || h.PositiveSpan[0].GetLength() != 0 {
		t.Errorf("spans %v, want one of length 0: servers take it for a classic histogram otherwise", h.PositiveSpan)
	}
}

func TestTextExposition(t *testing.T) {
	server := serve(t, promvitals.Collector(listOf(lagSample())))
	openMetrics := scrape(t, server, "application/openmetrics-text; version=1.0.0")
	for format, text := range map[string]string{"text": scrape(t, server, ""), "OpenMetrics": openMetrics} {
		for _, want := range []string{
			"# TYPE govitals_lag_delay_seconds histogram\n",
			`govitals_lag_delay_seconds_bucket{le="0.0001220703125"} 6` + "\n",
			`govitals_lag_delay_seconds_bucket{le="+Inf"} 1053` + "\n",
			"govitals_lag_delay_seconds_sum 12.5\n",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing in\n%s", format, want, text)
			}
		}
		if strings.Contains(text, "_created") {
			t.Errorf("%s has _created series:\n%s", format, text)
		}
	}
	if !strings.HasSuffix(openMetrics, "# EOF\n") {
		t.Errorf("OpenMetrics was not spoken:\n%s", openMetrics)
	}
}

// indexed undoes spans and deltas.
func indexed(h *dto.Histogram) map[int]uint64 {
	buckets := make(map[int]uint64)
	index, count, deltas := 0, int64(0), h.PositiveDelta
	for _, span := range h.PositiveSpan {
		index += int(span.GetOffset())
		for range span.GetLength() {
			count, deltas = count+deltas[0], deltas[1:]
			if count != 0 {
				buckets[index] = uint64(count)
			}
			index++
		}
	}
	return buckets
}

// protobuf reads the delimited exposition.
func protobuf(t *testing.T, body string) map[string]*dto.MetricFamily {
	t.Helper()
	return decode(t, body, expfmt.TypeProtoDelim)
}
