package vitals_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/govitals/govitals/leakguard"
	"github.com/govitals/govitals/vitals"
)

// sessions is a figure that must not grow for ever.
type sessions struct{ open atomic.Int64 }

func (s *sessions) Name() string { return "sessions" }

func (s *sessions) Unit() string { return "{session}" }

func (s *sessions) Read(context.Context) (leakguard.Reading, error) {
	return leakguard.Reading{Value: float64(s.open.Load())}, nil
}

func Example() {
	v, err := vitals.Start(context.Background(), vitals.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer v.Close()
	v.Watch(&sessions{})

	mux := http.NewServeMux()
	mux.Handle("/debug/", v.Handler())

	fmt.Println(v.Report().State)
	// Output: too_early
}
