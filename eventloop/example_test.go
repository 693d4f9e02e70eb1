package eventloop_test

import (
	"context"
	"fmt"
	"log"

	"github.com/govitals/govitals/eventloop"
)

func ExampleProbe() {
	probe, err := eventloop.New(eventloop.Config{
		OnStall: func(s eventloop.Stall) { log.Printf("stalled for %v: %s", s.Lag, s.Cause) },
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := probe.Start(context.Background()); err != nil {
		log.Fatal(err)
	}
	defer probe.Close()

	a := probe.Snapshot()
	// … some work …
	window := probe.Snapshot().Sub(a)
	fmt.Println(window.Quantile(0.99) < 1<<40, len(window.Stalls))
	// Output: true 0
}
