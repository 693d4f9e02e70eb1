package otelguard_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/cardinality/otelguard"
)

// A label with a value for each user: three have a set of their own, and the report
// says which attribute it is.
func ExampleNewMeterProvider() {
	sdk := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	provider := otelguard.NewMeterProvider(sdk, cardinality.MaxValues("user", 3))

	logins, err := provider.Meter("shop").Int64Counter("logins")
	if err != nil {
		fmt.Println(err)
		return
	}
	for user := range 10 {
		otelguard.Add(context.Background(), logins, 1, attribute.String("method", "password"), attribute.Int("user", user))
	}
	for _, s := range provider.(*otelguard.MeterProvider).Overview() {
		fmt.Println(s.Metric, s.Sets, "sets,", s.Overflowed, "in the overflow, because of", s.Last().Label)
	}
	// Output: logins 4 sets, 7 in the overflow, because of user
}
