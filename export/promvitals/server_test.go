package promvitals_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/govitals/govitals/export/promvitals"
	"github.com/govitals/govitals/internal/promtest"
	"github.com/govitals/govitals/metric"
)

// A stock server must get the classic buckets, one that takes native histograms
// the fine ones. 1,000 delays of (1, 2] ms lie in one bucket of 16: the classic
// form cannot tell where between its bounds they are, the native one can.
func TestRealServerReadsBothFormsOfAHistogram(t *testing.T) {
	t.Parallel()
	low := math.Ldexp(1, -10) // ≈ 1 ms; bucket 16·-10+4 ends a quarter of an octave above
	delay := metric.Histogram{Schema: 4, First: -10*16 + 4, Counts: []uint64{1000}, Sum: 1.1}
	lag := desc("probe.lag", "s", metric.KindHistogram)
	target := serve(t, promvitals.Collector(listOf(metric.Sample{Desc: lag, Histogram: &delay})))

	t.Run("classic", func(t *testing.T) {
		t.Parallel()
		server := promtest.Start(t, target.URL)
		server.Eventually(`govitals_probe_lag_seconds_bucket{le="+Inf"} == 1000`)
		if got := quantile(t, server, "govitals_probe_lag_seconds_bucket"); got <= low || got > 2*low {
			t.Errorf("the median is %v, want above %v and at most %v", got, low, 2*low)
		}
	})
	t.Run("native", func(t *testing.T) {
		t.Parallel()
		server := promtest.Start(t, target.URL, "--enable-feature=native-histograms")
		server.Eventually("histogram_count(govitals_probe_lag_seconds) == 1000")
		edge := low * math.Exp2(4.0/16)
		if got := quantile(t, server, "govitals_probe_lag_seconds"); got <= edge/math.Exp2(1.0/16)*0.999 || got > edge*1.001 {
			t.Errorf("the median is %v, want within the one bucket below %v", got, edge)
		}
	})
}

func quantile(t *testing.T, server *promtest.Server, series string) float64 {
	t.Helper()
	for _, value := range server.Query("histogram_quantile(0.5, " + series + ")") {
		q, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	t.Fatalf("no quantile of %s", series)
	return 0
}
