package otelvitals

import (
	"runtime"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

func TestProviderDroppedWithoutUnregister(t *testing.T) {
	for n := range 1000 {
		provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
		if _, err := Register(provider.Meter(ScopeName)); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		if held := len(active.reporters); held <= n {
			return
		}
	}
	t.Errorf("%d reporters are held of 1000 providers that are gone", len(active.reporters))
}
