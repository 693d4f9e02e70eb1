package metric_test

import (
	"testing"

	"github.com/govitals/govitals/metric"
)

func TestNames(t *testing.T) {
	for _, test := range []struct {
		name, unit string
		kind       metric.Kind
		want       string
	}{
		{"heap.live", "By", metric.KindUpDownCounter, "govitals_heap_live_bytes"},
		{"heap.allocated", "By", metric.KindCounter, "govitals_heap_allocated_bytes_total"},
		{"heap.sizes", "By", metric.KindHistogram, "govitals_heap_sizes_bytes"},
		{"eventloop.delay", "s", metric.KindHistogram, "govitals_eventloop_delay_seconds"},
		{"heap.cycle_age", "s", metric.KindGauge, "govitals_heap_cycle_age_seconds"},
		{"gc.cpu", "s", metric.KindCounter, "govitals_gc_cpu_seconds_total"},
		{"gc.share", "1", metric.KindGauge, "govitals_gc_share_ratio"},
		{"gc.share", "1", metric.KindUpDownCounter, "govitals_gc_share"},
		{"gc.share", "1", metric.KindCounter, "govitals_gc_share_total"},
		{"gc.share", "1", metric.KindHistogram, "govitals_gc_share"},
		{"gc.share", "%", metric.KindGauge, "govitals_gc_share_percent"},
		{"queue.depth", "{item}", metric.KindUpDownCounter, "govitals_queue_depth"},
		{"queue.done", "{item}", metric.KindCounter, "govitals_queue_done_total"},
		{"queue.pace", "{item}/s", metric.KindGauge, "govitals_queue_pace_per_second"},
		{"queue.pace", "1/s", metric.KindGauge, "govitals_queue_pace_per_second"},
		{"heap.slope", "By/h", metric.KindGauge, "govitals_heap_slope_bytes_per_hour"},
		{"lag.slope", "s/d", metric.KindGauge, "govitals_lag_slope_seconds_per_day"},
		{"cpu.use", "%/h", metric.KindGauge, "govitals_cpu_use_percent_per_hour"},
		{"a.b_c.d2", "{x}", metric.KindGauge, "govitals_a_b_c_d2"},
	} {
		d := metric.Desc{Name: test.name, Unit: test.unit, Kind: test.kind, Help: "Help.", Action: "Act."}
		if err := d.Validate(); err != nil {
			t.Errorf("%+v: %v", d, err)
		}
		if got := d.PrometheusName(); got != test.want {
			t.Errorf("%s in %s as %v is %s, want %s", test.name, test.unit, test.kind, got, test.want)
		}
		if got, want := d.OpenTelemetryName(), "govitals."+test.name; got != want {
			t.Errorf("OpenTelemetry name %s, want %s", got, want)
		}
	}
}

func TestOTelNameReplacesTheDerivedName(t *testing.T) {
	d := metric.Desc{Name: "heap.goal", Unit: "By", OTelName: "go.memory.gc.goal"}
	if got := d.OpenTelemetryName(); got != "go.memory.gc.goal" {
		t.Errorf("OpenTelemetry name %s", got)
	}
	if got := d.PrometheusName(); got != "govitals_heap_goal_bytes" {
		t.Errorf("Prometheus name %s: it does not follow OTelName", got)
	}
}

func TestKindNames(t *testing.T) {
	want := []string{"gauge", "updowncounter", "counter", "histogram", "unknown"}
	for k, word := range want {
		if got := metric.Kind(k).String(); got != word {
			t.Errorf("Kind(%d) is %q, want %q", k, got, word)
		}
	}
}
