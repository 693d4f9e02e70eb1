package cardinality_test

import (
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/govitals/govitals/cardinality"
)

// counter is what the tests keep for each set. Like a counter of a metrics library
// it cannot be set back: Fold remembers how much it has handed on.
type counter struct {
	values []string
	n      atomic.Int64
	folded int64
}

func newCounter(values []string) *counter { return &counter{values: values} }

func (c *counter) Add(n int64) { c.n.Add(n) }

func (c *counter) Fold(into *counter) {
	n := c.n.Load()
	into.n.Add(n - c.folded)
	c.folded = n
}

// plain is a T that cannot be folded.
type plain struct{ n atomic.Int64 }

func newPlain([]string) *plain { return new(plain) }

// total adds up all sets.
func total(v *cardinality.Vec[*counter]) (sum int64) {
	for _, c := range v.All() {
		sum += c.n.Load()
	}
	return sum
}

// flood looks up n sets whose values nobody has seen before.
func flood(v *cardinality.Vec[*counter], from, n int) {
	for i := range n {
		v.With("/junk/" + strconv.Itoa(from+i)).Add(1)
	}
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func pathNumber(i int) string { return "/junk/" + strconv.Itoa(i) }
