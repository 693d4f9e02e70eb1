package singleflight_test

import (
	"context"
	"fmt"
	"time"

	"github.com/govitals/govitals/singleflight"
)

func Example() {
	catalog := singleflight.New(singleflight.Config[string, string]{Name: "catalog", Reuse: time.Minute})
	defer catalog.Close()
	fetch := func(context.Context) (string, error) {
		fmt.Println("loading")
		return "the catalog", nil
	}
	for range 2 {
		body, result, err := catalog.Do(context.Background(), "today", fetch)
		fmt.Println(body, result.Source, err)
	}
	// Output:
	// loading
	// the catalog loaded <nil>
	// the catalog reused <nil>
}

// A service that would rather show yesterday's figures than none, waits for nobody
// for more than ten seconds, and keeps at most 64 MiB.
func ExampleNew() {
	type key struct{ Region, Day string }
	reports := singleflight.New(singleflight.Config[key, []byte]{
		Name:         "reports",
		Reuse:        10 * time.Second,
		Stale:        time.Minute,
		StaleIfError: time.Hour,
		LoadTimeout:  10 * time.Second,
		MaxBytes:     64 << 20,
		MaxLoads:     8,
	})
	defer reports.Close()
	build := func(context.Context) ([]byte, error) { return []byte("…"), nil }
	body, result, err := reports.Do(context.Background(), key{"eu", "monday"}, build)
	fmt.Println(string(body), result.Source, err)
	// Output: … loaded <nil>
}
