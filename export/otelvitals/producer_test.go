package otelvitals_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/govitals/govitals/export/otelvitals"
)

func TestProducerSendsCumulativeHistograms(t *testing.T) {
	before := time.Now()
	scopes, err := otelvitals.NewProducer(listOf(depthOf("a", 1), lag("test.delay"))).Produce(t.Context())
	if err != nil || len(scopes) != 1 || len(scopes[0].Metrics) != 1 {
		t.Fatalf("got %+v, %v, want one scope with the histogram alone", scopes, err)
	}
	if name := scopes[0].Scope.Name; name != otelvitals.ScopeName {
		t.Errorf("scope %q, want %q", name, otelvitals.ScopeName)
	}
	h := scopes[0].Metrics[0].Data.(metricdata.Histogram[float64])
	if h.Temporality != metricdata.CumulativeTemporality || len(h.DataPoints) != 1 {
		t.Fatalf("got %+v, want one cumulative point", h)
	}
	p := h.DataPoints[0]
	if p.Time.Before(before) || p.StartTime.After(before) || before.Sub(p.StartTime) > time.Hour {
		t.Errorf("from %v to %v, want from the start of the process to now", p.StartTime, p.Time)
	}
	// Observations 0, 0.25 and 1 over the bounds 2^-13 … 2^4: each on the bound that contains it.
	want := make([]uint64, 19)
	want[0], want[11], want[13] = 1, 1, 1
	if p.Count != 3 || p.Sum != 1.25 || !slices.Equal(p.BucketCounts, want) || p.Bounds[11] != 0.25 || len(p.Bounds) != 18 {
		t.Errorf("count %d, sum %v, bounds %v, buckets %v\nwant 3, 1.25 and %v", p.Count, p.Sum, p.Bounds, p.BucketCounts, want)
	}
}

func TestProducerStartTimeStays(t *testing.T) {
	start := func() time.Time {
		scopes, err := otelvitals.NewProducer(listOf(lag("test.delay"))).Produce(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return scopes[0].Metrics[0].Data.(metricdata.Histogram[float64]).DataPoints[0].StartTime
	}
	if first, second := start(), start(); !first.Equal(second) {
		t.Errorf("start %v, then %v: a change reads as a reset", first, second)
	}
}

func TestProducerWithNothingToSay(t *testing.T) {
	scopes, err := otelvitals.NewProducer(listOf(depthOf("a", 1))).Produce(t.Context())
	if err != nil || len(scopes) != 0 {
		t.Errorf("got %+v, %v, want nothing: absent is not empty", scopes, err)
	}
}

func TestProducerRespectsItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := otelvitals.NewProducer(listOf(lag("test.delay"))).Produce(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

func TestProducerRefusesNil(t *testing.T) {
	defer func() {
		want := "otelvitals.NewProducer: source 1 of 1 is nil: pass a metric.Source or leave it out"
		if got := fmt.Sprint(recover()); got != want {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	otelvitals.NewProducer(nil)
}
