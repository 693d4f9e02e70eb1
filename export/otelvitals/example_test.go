package otelvitals_test

import (
	"context"
	"fmt"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/export/otelvitals"
)

func Example() {
	mail := listOf(depthOf("mail", 12), lag("queue.wait")) // any metric.Source

	reader := sdkmetric.NewManualReader(sdkmetric.WithProducer(otelvitals.NewProducer(mail)))
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	registration, err := otelvitals.Register(provider.Meter(otelvitals.ScopeName), mail)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer registration.Unregister()

	var sent metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &sent); err != nil {
		fmt.Println(err)
	}
	for _, scope := range sent.ScopeMetrics {
		for _, m := range scope.Metrics {
			fmt.Println(m.Name, m.Unit)
		}
	}
	// Output:
	// govitals.queue.depth {item}
	// govitals.export.dropped {sample}
	// govitals.queue.wait s
}
