package flight_test

import (
	"context"
	"fmt"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

func Example() {
	group, err := flight.New[string](flight.Config[string]{Reuse: time.Minute})
	if err != nil {
		fmt.Println(err)
		return
	}
	load := func(context.Context) (string, error) {
		fmt.Println("loading")
		return "the report", nil
	}
	for range 2 {
		report, result, err := group.Do(context.Background(), "daily", load)
		fmt.Println(report, result.Source, err)
	}
	// Output:
	// loading
	// the report loaded <nil>
	// the report reused <nil>
}
