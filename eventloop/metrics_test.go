package eventloop

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/metric"
)

// collected returns the samples by Prometheus name and label values.
func collected(t *testing.T, p *Probe) map[string]metric.Sample {
	t.Helper()
	all := map[string]metric.Sample{}
	p.Collect(func(s metric.Sample) {
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
		name := strings.Join(append([]string{s.Desc.PrometheusName()}, s.LabelValues...), " ")
		if _, twice := all[name]; twice {
			t.Errorf("%s is emitted twice", name)
		}
		all[name] = s
	})
	return all
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(t, Config{OnStall: func(Stall) {}})
		if got := collected(t, p); len(got) != 0 {
			t.Errorf("before Start %d samples are emitted, want none", len(got))
		}
		p = startWith(t, Config{IdlePeriod: 10 * ms, OnStall: func(Stall) {}}, span{503 * ms, 703 * ms}, span{4003 * ms, time.Hour})
		time.Sleep(4500 * ms)
		got := collected(t, p)
		for name, want := range map[string]float64{
			"govitals_eventloop_stalls_total gc":                 1,
			"govitals_eventloop_stalls_total throttled":          0,
			"govitals_eventloop_stall_seconds_total gc":          0.193,
			"govitals_eventloop_overdue_seconds":                 0.49,
			"govitals_eventloop_probe_ticks_total":               400,
			"govitals_eventloop_probe_missed_total":              19,
			"govitals_eventloop_probe_period_seconds netpoll":    0.01,
			"govitals_eventloop_callback_dropped_total":          0,
			"govitals_eventloop_callback_faults_total":           0,
			"govitals_eventloop_probe_excluded_seconds_total":    0,
			"govitals_eventloop_stalls_total host_contention":    0,
			"govitals_eventloop_stall_seconds_total runqueue":    0,
			"govitals_eventloop_stall_seconds_total no_such":     math.NaN(),
			"govitals_eventloop_probe_period_seconds timer":      math.NaN(),
			"govitals_eventloop_stalls_total nonpreemptible":     0,
			"govitals_eventloop_stall_seconds_total throttled":   0,
			"govitals_eventloop_stall_seconds_total stw":         0,
			"govitals_eventloop_stall_seconds_total frozen":      0,
			"govitals_eventloop_stalls_total unknown":            0,
			"govitals_eventloop_stall_seconds_total stw_blocked": 0,
		} {
			if s, emitted := got[name]; emitted == math.IsNaN(want) || emitted && math.Abs(s.Value-want) > 1e-9 {
				t.Errorf("%s is %v (emitted: %v), want %v", name, s.Value, emitted, want)
			}
		}
		lag := got["govitals_eventloop_lag_seconds"].Histogram
		if lag == nil || lag.Count() != 400 || lag.Cumulative([]float64{0.125})[0] != 400-7 {
			t.Errorf("the histogram is %+v, want 400 delays, 7 of them above 125 ms", lag)
		}
		if most := got["govitals_eventloop_lag_max_seconds"].Value; most < 0.193 || most > 0.193*1.045 {
			t.Errorf("the longest is %v s, want 0.193 to 4.5 %% more", most)
		}
	})
}

func TestEveryMetricIsDeclaredAndEmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{OnStall: func(Stall) {}}, span{503 * ms, 703 * ms})
		time.Sleep(5 * time.Second)
		missing := map[string]bool{}
		for _, desc := range p.Describe() {
			if err := desc.Validate(); err != nil {
				t.Error(err)
			}
			missing[desc.PrometheusName()] = true
		}
		for name := range collected(t, p) {
			name, _, _ = strings.Cut(name, " ")
			delete(missing, name)
		}
		delete(missing, descUtilization.PrometheusName()) // where the operating system says
		delete(missing, descSchedP99.PrometheusName())    // if anything was timed
		for name := range missing {
			t.Errorf("%s is declared and not emitted", name)
		}
	})
}
