package otelvitals_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	otelmetric "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/export/otelvitals"
	"github.com/govitals/govitals/metric"
)

func register(t *testing.T, meter otelmetric.Meter, sources ...metric.Source) otelmetric.Registration {
	t.Helper()
	registration, err := otelvitals.Register(meter, sources...)
	if err != nil {
		t.Fatal(err)
	}
	return registration
}

func TestEachKindHasItsInstrument(t *testing.T) {
	used := desc("heap.used", "By", metric.KindUpDownCounter)
	used.OTelName = "go.memory.used"
	source := listOf(
		metric.Sample{Desc: desc("test.age", "s", metric.KindGauge)},
		metric.Sample{Desc: used},
		metric.Sample{Desc: desc("test.done", "{job}", metric.KindCounter)},
		lag("test.delay"))
	reader, meter := sdk(t, source)
	register(t, meter, source)
	want := map[string]string{
		"govitals.test.age":       "gauge s Help of test.age",
		"go.memory.used":          "updowncounter By Help of heap.used",
		"govitals.test.done":      "counter {job} Help of test.done",
		"govitals.test.delay":     "histogram s Help of test.delay",
		"govitals.export.dropped": "counter {sample} Samples that",
	}
	for _, m := range collect(t, reader) {
		got := instrument(m) + " " + m.Unit + " " + m.Description
		if want[m.Name] == "" || !strings.HasPrefix(got, want[m.Name]) {
			t.Errorf("%s is %q, want %q", m.Name, got, want[m.Name])
		}
		delete(want, m.Name)
	}
	if len(want) > 0 {
		t.Errorf("not sent: %q", want)
	}
}

func instrument(m metricdata.Metrics) string {
	switch data := m.Data.(type) {
	case metricdata.Gauge[float64]:
		return "gauge"
	case metricdata.Sum[float64]:
		return map[bool]string{true: "counter", false: "updowncounter"}[data.IsMonotonic]
	case metricdata.Histogram[float64]:
		return "histogram"
	}
	return "unknown"
}

func TestRegisterRefuses(t *testing.T) {
	_, meter := sdk(t)
	for want, try := range map[string]func() (otelmetric.Registration, error){
		"otelvitals: meter is nil: pass provider.Meter(otelvitals.ScopeName)": func() (otelmetric.Registration, error) {
			return otelvitals.Register(nil, listOf())
		},
		"otelvitals: source 1 of 1 is nil: pass a metric.Source or leave it out": func() (otelmetric.Registration, error) {
			return otelvitals.Register(meter, nil)
		},
		"otelvitals: the meter refused govitals.queue.depth: no more": func() (otelmetric.Registration, error) {
			return otelvitals.Register(refusing{instruments: true}, listOf(depthOf("a", 1)))
		},
		"otelvitals: the meter refused the callback: no more": func() (otelmetric.Registration, error) {
			return otelvitals.Register(refusing{}, listOf(depthOf("a", 1)))
		},
	} {
		if registration, err := try(); registration != nil || err == nil || err.Error() != want {
			t.Errorf("got %v, %v, want the error %s", registration, err, want)
		}
	}
}

// refusing is a meter that takes no instruments or no callbacks.
type refusing struct {
	noop.Meter
	instruments bool
}

func (r refusing) Float64ObservableUpDownCounter(string, ...otelmetric.Float64ObservableUpDownCounterOption) (otelmetric.Float64ObservableUpDownCounter, error) {
	if r.instruments {
		return nil, errors.New("no more")
	}
	return noop.Float64ObservableUpDownCounter{}, nil
}

func (refusing) RegisterCallback(otelmetric.Callback, ...otelmetric.Observable) (otelmetric.Registration, error) {
	return nil, errors.New("no more")
}

func TestUnregisterTwice(t *testing.T) {
	reader, meter := sdk(t)
	registration := register(t, meter, listOf(depthOf("a", 1)))
	if !sent(t, reader, "govitals.queue.depth") {
		t.Fatal("nothing was sent before Unregister")
	}
	for range 2 {
		if err := registration.Unregister(); err != nil {
			t.Errorf("Unregister: %v", err)
		}
	}
	if sent(t, reader, "govitals.queue.depth") {
		t.Error("figures are still sent after Unregister")
	}
}

func sent(t *testing.T, reader sdkmetric.Reader, name string) bool {
	t.Helper()
	_, ok := sum(t, reader, name)
	return ok
}

// sum adds up the points of a metric.
func sum(t *testing.T, reader sdkmetric.Reader, name string) (total float64, sent bool) {
	t.Helper()
	for _, m := range collect(t, reader) {
		if m.Name != name {
			continue
		}
		for _, point := range m.Data.(metricdata.Sum[float64]).DataPoints {
			total += point.Value
		}
		return total, true
	}
	return 0, false
}

func TestDescribedTooLate(t *testing.T) {
	source := listOf(depthOf("a", 1))
	reader, meter := sdk(t, source)
	register(t, meter, source)
	late := metric.Sample{Desc: desc("test.done", "{job}", metric.KindCounter), Value: 9}
	source.samples.Store(&[]metric.Sample{late, depthOf("a", 1), lag("test.delay")})

	if sent(t, reader, "govitals.test.done") {
		t.Error("a metric that came after Register was sent: the package documentation says it is not")
	}
	if dropped, _ := sum(t, reader, "govitals.export.dropped"); dropped != 2 {
		t.Errorf("%v samples dropped, want one for each of 2 collections; histograms do not come too late", dropped)
	}
	for _, m := range collect(t, reader) {
		if m.Name == "govitals.test.delay" {
			return
		}
	}
	t.Error("a histogram may come after Register, and was not sent")
}

// The SDK would add up both, and show a queue twice as long as it is.
func TestRegisteredTwiceIsRefused(t *testing.T) {
	source, other := listOf(depthOf("a", 5)), listOf()
	reader, meter := sdk(t)
	first := register(t, meter, source)
	_, err := otelvitals.Register(meter, other, source)
	if want := "otelvitals: source 2 of 2 is registered with this meter already"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
	if depth, _ := sum(t, reader, "govitals.queue.depth"); depth != 5 {
		t.Errorf("depth %v, want 5: the refused registration must not report", depth)
	}
	if err := first.Unregister(); err != nil {
		t.Fatal(err)
	}
	register(t, meter, other, source)
	if depth, _ := sum(t, reader, "govitals.queue.depth"); depth != 5 {
		t.Errorf("depth %v after it was registered anew, want 5", depth)
	}
}

func TestOneSourceForTwoMeters(t *testing.T) {
	source := listOf(depthOf("a", 5))
	for range 2 {
		reader, meter := sdk(t)
		register(t, meter, source)
		if depth, _ := sum(t, reader, "govitals.queue.depth"); depth != 5 {
			t.Errorf("depth %v, want 5", depth)
		}
	}
}

// uncomparable is a source on which == panics.
type uncomparable []metric.Sample

func (uncomparable) Describe() []metric.Desc          { return nil }
func (uncomparable) Collect(emit func(metric.Sample)) {}

func TestSourceThatCannotBeCompared(t *testing.T) {
	_, meter := sdk(t)
	register(t, meter, uncomparable{})
	register(t, meter, uncomparable{})
}

func TestTwoRegistrationsOfDifferentSources(t *testing.T) {
	reader, meter := sdk(t)
	register(t, meter, listOf(depthOf("a", 5)))
	register(t, meter, listOf(depthOf("b", 6), depthOf("b", 6)))
	if depth, _ := sum(t, reader, "govitals.queue.depth"); depth != 11 {
		t.Errorf("depth %v, want 11", depth)
	}
	if dropped, _ := sum(t, reader, "govitals.export.dropped"); dropped != 2 {
		t.Errorf("%v samples dropped, want the second one's duplicate in each of 2 collections", dropped)
	}
}

var globalMeter = otel.Meter(otelvitals.ScopeName) // before the SDK is there

var globalReader = sdkmetric.NewManualReader()

// installSDK runs once: the global meter turns to the first SDK that comes.
var installSDK = sync.OnceFunc(func() {
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(globalReader)))
})

func TestMeterOfTheGlobalProvider(t *testing.T) {
	registration := register(t, globalMeter, listOf(depthOf("a", 5)))
	defer registration.Unregister()
	installSDK()
	if depth, _ := sum(t, globalReader, "govitals.queue.depth"); depth != 5 {
		t.Errorf("depth %v, want 5 although Register came before the SDK", depth)
	}
}

func TestCollectThatAViewDrops(t *testing.T) {
	drop := sdkmetric.NewView(sdkmetric.Instrument{Name: "govitals.queue.*"}, sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}})
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(drop))
	register(t, provider.Meter("test"), listOf(depthOf("a", 5), metric.Sample{Desc: desc("test.done", "{job}", metric.KindCounter), Value: 4}))
	if done, _ := sum(t, reader, "govitals.test.done"); done != 4 || sent(t, reader, "govitals.queue.depth") {
		t.Errorf("done %v, want 4, and queue.depth dropped by the view", done)
	}
}
