package cardinality_test

import (
	"fmt"
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/cardinality"
)

// Histogram is what some library keeps for each set of label values.
type Histogram struct {
	buckets [4]atomic.Uint64 // up to 0.01, 0.1 and 1 s, and above
	sum     atomic.Uint64    // microseconds
}

func (h *Histogram) Observe(d time.Duration) {
	decade := int(math.Ceil(math.Log10(d.Seconds()))) + 2
	h.buckets[min(max(decade, 0), 3)].Add(1)
	h.sum.Add(uint64(d.Microseconds()))
}

func (h *Histogram) Count() (n uint64) {
	for i := range h.buckets {
		n += h.buckets[i].Load()
	}
	return n
}

// Fold lets a set that is not used give its place to one that is.
func (h *Histogram) Fold(into *Histogram) {
	for i := range h.buckets {
		into.buckets[i].Add(h.buckets[i].Swap(0))
	}
	into.sum.Add(h.sum.Swap(0))
}

func ExampleNewVec() {
	durations := cardinality.NewVec([]string{"method", "path"},
		func(values []string) *Histogram { return new(Histogram) },
		cardinality.Name("http_request_duration"), cardinality.MaxSets(100))

	for user := range 10_000 {
		durations.With("GET", "/users/"+strconv.Itoa(user)).Observe(20 * time.Millisecond)
	}

	total := uint64(0)
	for values, h := range durations.All() {
		total += h.Count()
		if values[1] == "(other)" {
			fmt.Println(values, h.Count())
		}
	}
	fmt.Println("sets:", durations.Len(), "observations:", total)
	trip := durations.Guard().Trips()[0]
	fmt.Printf("%s{%s} exploded: values look like %s\n", trip.Metric, trip.Label, trip.Template)
	// Output:
	// [GET (other)] 9900
	// sets: 101 observations: 10000
	// http_request_duration{path} exploded: values look like /users/{id}
}

func ExampleNormalize() {
	durations := cardinality.NewVec([]string{"path"},
		func(values []string) *Histogram { return new(Histogram) },
		cardinality.Normalize("path", cardinality.RouteTemplate))

	for user := range 10_000 {
		durations.With1("/users/" + strconv.Itoa(user)).Observe(20 * time.Millisecond)
	}
	for values, h := range durations.All() {
		fmt.Println(values, h.Count())
	}
	// Output: [/users/{id}] 10000
}

func ExampleVec_Handle() {
	durations := cardinality.NewVec([]string{"path"}, func(values []string) *Histogram { return new(Histogram) })

	home := durations.Handle("/") // kept, where With is for immediate use
	for range 3 {
		home.Get().Observe(time.Millisecond)
	}
	fmt.Println(durations.With("/").Count())
	// Output: 3
}

func ExampleGroup() {
	group := cardinality.NewGroup(cardinality.GroupConfig{MaxBytes: 32 << 20})
	requests := cardinality.NewVec([]string{"user"}, func(values []string) *Histogram { return new(Histogram) },
		cardinality.Name("requests"), cardinality.In(group), cardinality.MaxSets(50))

	for user := range 1000 {
		requests.With(strconv.Itoa(4_000 + user)).Observe(time.Millisecond)
	}
	for _, f := range group.Findings() { // vitals.Add(group) has the report show them
		fmt.Println(f.Signal, f.State, f.Culprits[0].Name)
	}
	// Output: series exploded requests{user}
}
