package metric_test

import (
	"regexp"
	"testing"

	"github.com/govitals/govitals/internal/conform"
	"github.com/govitals/govitals/metric"
)

var (
	prometheusName  = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	prometheusLabel = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	otelName        = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_./-]{0,254}$`)
)

// What Validate lets through is a legal name in both worlds, and translating
// the OpenTelemetry name by the rules of the specification gives the other one.
func FuzzDesc(f *testing.F) {
	for _, unit := range []string{"By", "s", "1", "%", "{item}", "By/h", "{item}/s", "1/s", "ms", ""} {
		f.Add("queue.depth", unit, uint8(0), "queue", "")
		f.Add("queue.seconds_total", unit, uint8(2), "le", "go.memory.used")
		f.Add("a.ratio_per_second", unit, uint8(3), "a_", "x")
	}
	f.Fuzz(func(t *testing.T, name, unit string, kind uint8, label, otel string) {
		d := metric.Desc{
			Name: name, Unit: unit, Kind: metric.Kind(kind), OTelName: otel,
			Help: "Help.", Action: "Act.", Labels: []string{label},
		}
		if d.Validate() != nil {
			return
		}
		got := d.PrometheusName()
		if !prometheusName.MatchString(got) || !prometheusLabel.MatchString(label) || !otelName.MatchString(d.OpenTelemetryName()) {
			t.Errorf("%+v is valid and becomes %q and %q", d, got, d.OpenTelemetryName())
		}
		d.OTelName = ""
		if want := conform.PrometheusName(d.OpenTelemetryName(), unit, d.Kind.String()); got != want {
			t.Errorf("%+v becomes %s, and %s by way of OpenTelemetry", d, got, want)
		}
	})
}
