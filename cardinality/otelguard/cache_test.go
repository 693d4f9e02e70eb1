package otelguard

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/govitals/govitals/cardinality"
)

// Numbers with many zeros at the end of their bits are spread as others are: a lookup
// must not walk past all of them.
func TestCacheNumbers(t *testing.T) {
	const sets = 1000
	for name, value := range map[string]func(i int) attribute.KeyValue{
		"small":  func(i int) attribute.KeyValue { return attribute.Int("a", i) },
		"float":  func(i int) attribute.KeyValue { return attribute.Float64("a", float64(i)) },
		"zeroes": func(i int) attribute.KeyValue { return attribute.Int64("a", int64(i)<<44) },
	} {
		in := newInstrument("x", false, nil)
		for i := range sets {
			in.ofList([]attribute.KeyValue{value(i)})
		}
		slots, walked := *in.lists.slots.Load(), 0
		for at := range slots {
			if e := slots[at].Load(); e != nil {
				home := int(e.hash >> 32 & uint64(len(slots)-1))
				walked += (at - home + len(slots)) % len(slots)
			}
		}
		if walked > 50*sets { // 0.5 on average, and half of them where they are not spread
			t.Errorf("%s: a lookup walks past %d others", name, walked/sets)
		}
	}
}

// What is kept of an attribute does not keep what it is a part of, such as the headers
// of a request.
func TestAttributesNotPinned(t *testing.T) {
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	provider, reader := guarded(t)
	c, _ := provider.Meter("test").Int64Counter("x")
	before := held()
	for i := range 32 {
		large := strings.Repeat(fmt.Sprintf("%08d", i), 1<<17)
		Add(background, c, 1, attribute.String("one", large[:8]), attribute.StringSlice("many", []string{large[8:16]}),
			attribute.Slice("nested", attribute.SliceValue(attribute.StringValue(large[16:24]))))
	}
	if grown := int64(held()) - int64(before); grown > 8<<20 {
		t.Errorf("%d MiB are held for 32 sets", grown>>20)
	}
	if n := len(points(t, reader, "x")); n != 32 {
		t.Errorf("%d sets", n)
	}
}

// A value without attributes needs no place, also by the quick way.
func TestNoAttributesWhenFull(t *testing.T) {
	provider, reader := guarded(t, cardinality.MaxSets(2))
	g, _ := provider.Meter("test").Int64Gauge("x")
	for i := range 5 {
		Record(background, g, 1, attribute.Int("a", i))
	}
	Record(background, g, 7)
	for _, p := range points(t, reader, "x") {
		if p.attributes.Len() == 0 && p.value == 7 {
			return
		}
	}
	t.Error("the value is lost")
}
