package otelguard

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/govitals/govitals/cardinality"
)

// exported records a value with attributes by each way, and returns the only set
// that the SDK then has.
func exported(t *testing.T, attributes ...attribute.KeyValue) attribute.Set {
	t.Helper()
	p, reader := guarded(t)
	h, _ := p.Meter("test").Float64Histogram("x")
	for range 2 {
		Record(background, h, 1, attributes...)
		h.Record(background, 1, metric.WithAttributes(attributes...))
	}
	all := points(t, reader, "x")
	if len(all) != 1 || all[0].value != 4 {
		t.Fatalf("%v became %+v", attributes, all)
	}
	return all[0].attributes
}

// Whatever types and values there are, what is admitted reaches the SDK unchanged.
func TestAttributesStayAsTheyAre(t *testing.T) {
	many := make([]attribute.KeyValue, 40)
	for i := range many {
		many[i] = attribute.Int(fmt.Sprint("key", i), i)
	}
	for _, attributes := range [][]attribute.KeyValue{
		nil,
		{attribute.String("a", "")},
		{attribute.String("a", "\x00")},
		{attribute.String("a", "\x00\x00x"), attribute.String("b", "b")},
		{attribute.Bool("a", true), attribute.Int("b", -1), attribute.Float64("c", math.Inf(1)), attribute.Float64("d", 0.1)},
		{attribute.IntSlice("a", []int{1, 2}), attribute.StringSlice("b", []string{"x", ""}), attribute.BoolSlice("c", nil)},
		{attribute.String("z", "1"), attribute.String("a", "2"), attribute.String("z", "3")},
		{attribute.String("b", "(Other)"), attribute.String("a", "ü")},
		many,
	} {
		got, want := exported(t, attributes...), attribute.NewSet(attributes...)
		if !got.Equals(&want) {
			t.Errorf("%v became %v", attributes, got.ToSlice())
		}
	}
}

// What input must not be able to do: write into the overflow, of the guard and of
// the SDK.
func TestReserved(t *testing.T) {
	for _, c := range []struct {
		pass, want []attribute.KeyValue
	}{
		{[]attribute.KeyValue{attribute.Bool("otel.metric.overflow", true), attribute.Int("a", 1)}, []attribute.KeyValue{attribute.Int("a", 1)}},
		{[]attribute.KeyValue{attribute.String("", "x"), attribute.Int("a", 1)}, []attribute.KeyValue{attribute.Int("a", 1)}},
		{[]attribute.KeyValue{attribute.String("a", "(other)")}, []attribute.KeyValue{attribute.String("a", "_(other)")}},
		{[]attribute.KeyValue{attribute.String("a", "\xff")}, []attribute.KeyValue{attribute.String("a", "\uFFFD")}},
		{[]attribute.KeyValue{attribute.String("a", strings.Repeat("x", 1<<20))}, []attribute.KeyValue{attribute.String("a", "(other)")}},
	} {
		want := attribute.NewSet(c.want...)
		if got := exported(t, c.pass...); !got.Equals(&want) {
			t.Errorf("%.100v became %v", c.pass, got.ToSlice())
		}
	}
}

// A set of the overflow has the keys that its callers passed.
func TestShapeOfOverflow(t *testing.T) {
	p, reader := guarded(t, cardinality.MaxSets(20))
	c, _ := p.Meter("test").Int64Counter("x")
	for i := range 400 {
		Add(background, c, 1, route(i))
		Add(background, c, 1, route(i), attribute.String("error", "timeout"))
		Add(background, c, 1, attribute.String("error", "timeout"))
	}
	seen := map[string]float64{}
	for _, p := range points(t, reader, "x") {
		if v, ok := p.attributes.Value("route"); !ok || v.AsString() == "(other)" {
			seen[fmt.Sprint(p.attributes.ToSlice())] += p.value
		}
	}
	want := map[string]float64{
		fmt.Sprint([]attribute.KeyValue{attribute.String("route", "(other)")}):                                       390,
		fmt.Sprint([]attribute.KeyValue{attribute.String("error", "timeout"), attribute.String("route", "(other)")}): 391,
		fmt.Sprint([]attribute.KeyValue{attribute.String("error", "timeout")}):                                       400,
	}
	if !reflect.DeepEqual(seen, want) {
		t.Errorf("%v, want %v", seen, want)
	}
}

// Keys that come from input are one label together, and it is the one that trips.
func TestManyKeys(t *testing.T) {
	p, reader := guarded(t, cardinality.MaxSets(50))
	c, _ := p.Meter("test").Int64Counter("x")
	for i := range 1000 {
		Add(background, c, 1, attribute.String("method", "GET"), attribute.Int(fmt.Sprint("key", i), i))
	}
	all := points(t, reader, "x")
	if sum(all) != 1000 || len(all) > 50+6*maxShapes {
		t.Errorf("%d points with %v", len(all), sum(all))
	}
	if last := p.Overview()[0].Last(); last == nil || last.Label != furtherKeys {
		t.Errorf("%+v", last)
	}
}

// Options of package cardinality work on attributes.
func TestOptions(t *testing.T) {
	p, reader := guarded(t, cardinality.Allow("method", "GET"), cardinality.MaxValues("code", 3), cardinality.Normalize("route", cardinality.RouteTemplate))
	c, _ := p.Meter("test").Int64Counter("x")
	for i := range 100 {
		Add(background, c, 1, attribute.String("method", []string{"GET", "BREW"}[i%2]), attribute.Int("code", 200+i%10), route(i))
		Add(background, c, 1, route(i))
	}
	all := points(t, reader, "x")
	if sum(all) != 200 {
		t.Errorf("%v of 200", sum(all))
	}
	codes := map[string]bool{}
	for _, p := range all {
		if v, _ := p.attributes.Value("route"); v.AsString() != "/users/{id}" {
			t.Errorf("route %q", v.AsString())
		}
		if v, ok := p.attributes.Value("method"); ok && v.AsString() != "GET" && v.AsString() != "(other)" {
			t.Errorf("method %q", v.AsString())
		}
		if v, ok := p.attributes.Value("code"); ok {
			codes[v.String()] = true
		}
	}
	if len(codes) != 4 || !codes["(other)"] {
		t.Errorf("codes %v", codes)
	}
}

// A dry run refuses nothing and says what it would have refused.
func TestDryRun(t *testing.T) {
	p, reader := guarded(t, cardinality.MaxSets(50), cardinality.DryRun())
	g, _ := p.Meter("test").Int64Gauge("x")
	for i := range 300 {
		g.Record(background, 1, metric.WithAttributes(route(i)))
	}
	if all := points(t, reader, "x"); len(all) != 300 {
		t.Errorf("%d points", len(all))
	}
	if s := p.Overview()[0]; s.Last() == nil || !s.Last().DryRun || !s.DryRun || s.Dropped != 0 {
		t.Errorf("%+v", s)
	}
}

// A hit allocates nothing, and the table that makes it quick stays small.
func TestRecordDoesNotAllocate(t *testing.T) {
	p, _ := guarded(t)
	h, _ := p.Meter("test").Float64Histogram("x")
	c, _ := p.Meter("test").Int64Counter("y")
	n := testing.AllocsPerRun(100, func() {
		Record(background, h, 1, attribute.String("a", "1"), attribute.Int("b", 2), attribute.Bool("c", true))
		Add(background, c, 1, attribute.String("a", "1"))
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
	in := p.instruments()[0]
	for i := range 3 * in.lists.max {
		in.lists.add(&cached{hash: uint64(i) << 32})
	}
	if got := len(*in.lists.slots.Load()); got > 4*in.lists.max {
		t.Errorf("%d slots for at most %d", got, in.lists.max)
	}
}

// The same instrument asked for twice is one, two of the same name in two scopes
// are told apart in reports.
func TestNames(t *testing.T) {
	p, _ := guarded(t)
	for range 2 {
		_, _ = p.Meter("one").Int64Counter("x")
		_, _ = p.Meter("one").Int64Counter("X")
		_, _ = p.Meter("two").Int64Counter("x")
		_, _ = p.Meter("two", metric.WithInstrumentationVersion("2")).Int64Counter("x")
	}
	var names []string
	for _, g := range p.Guards() {
		names = append(names, g.Name())
	}
	if want := []string{"x", "x of two", "x of two'"}; !reflect.DeepEqual(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}

// An instrument made by mistake is reported as the SDK does it.
func TestErrorsOfTheSDK(t *testing.T) {
	p, _ := guarded(t)
	c, err := p.Meter("test").Int64Counter("1x")
	if err == nil || c == nil {
		t.Errorf("%v, %v", c, err)
	}
	c.Add(background, 1)
	if _, err := p.Meter("test").RegisterCallback(nil); err != nil {
		t.Error(err)
	}
	for _, make := range []func(){
		func() { NewMeterProvider(nil) },
		func() { NewMeterProvider(sdkmetric.NewMeterProvider(), cardinality.MaxSets(-1)) },
		func() { View(cardinality.MaxSets(-1)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			make()
		}()
	}
}

// The view bounds the values of an instrument, and leaves out what is beyond.
func TestView(t *testing.T) {
	group := cardinality.NewGroup(cardinality.GroupConfig{})
	reader := sdkmetric.NewManualReader()
	onlyX := func(i sdkmetric.Instrument) bool { return i.Name == "x" }
	view := Only(onlyX, View(cardinality.In(group), cardinality.MaxValues("route", 10)))
	m := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(view)).Meter("test")
	x, _ := m.Int64Counter("x")
	y, _ := m.Int64Counter("y")
	for i := range 300 {
		for _, c := range []metric.Int64Counter{x, y} {
			c.Add(background, 1, metric.WithAttributes(attribute.String("method", "GET"), route(i)))
		}
	}
	all := points(t, reader, "x")
	if len(all) != 11 || sum(all) != 300 {
		t.Errorf("%d points with %v", len(all), sum(all))
	}
	if n := len(points(t, reader, "y")); n != 300 {
		t.Errorf("%d points of an instrument that the view is not for", n)
	}
	found := group.Findings()
	if len(found) != 1 || found[0].Culprits[0].Name != "x{route}" {
		t.Errorf("%+v", found)
	}
}

func FuzzAttributes(f *testing.F) {
	f.Add("a", "x", "b", int64(1), uint8(3))
	f.Add("", "\x00", "otel.metric.overflow", int64(-1), uint8(1))
	f.Add("(further keys)", "(other)", "a", int64(0), uint8(1))
	f.Fuzz(func(t *testing.T, key, value, other string, number int64, limit uint8) {
		p, reader := guarded(t, cardinality.MaxSets(1+int(limit)))
		c, _ := p.Meter("test").Int64Counter("x")
		lists := [][]attribute.KeyValue{
			{attribute.String(key, value), attribute.Int64(other, number)},
			{attribute.Int64(other, number), attribute.String(key, value)},
			{attribute.String(key, value), attribute.String(key, other)},
			{attribute.String(key+"x", value), attribute.StringSlice(other, []string{value, key})},
			{attribute.String(value, key)},
			{},
		}
		for range 2 {
			for _, list := range lists {
				Add(background, c, 1, list...)
				c.Add(background, 1, metric.WithAttributes(list...))
			}
		}
		if got := sum(points(t, reader, "x")); got != 24 {
			t.Errorf("%v of 24", got)
		}
		p.Findings()
	})
}
