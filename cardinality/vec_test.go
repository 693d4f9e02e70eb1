package cardinality_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/govitals/govitals/cardinality"
)

func TestEachSetHasItsOwn(t *testing.T) {
	v := cardinality.NewVec([]string{"a", "b", "c", "d"}, newCounter)
	for range 3 {
		v.With("1", "2", "3", "4").Add(1)
		v.With("12", "", "3", "4").Add(10)
		v.With("4", "3", "2", "1").Add(100)
	}
	got := map[string]int64{}
	for values, c := range v.All() {
		got[strings.Join(values, ",")] = c.n.Load()
	}
	if want := map[string]int64{"1,2,3,4": 3, "12,,3,4": 30, "4,3,2,1": 300}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	want(t, "Len", v.Len(), 3)
}

func TestFixedArity(t *testing.T) {
	one := cardinality.NewVec([]string{"a"}, newCounter)
	two := cardinality.NewVec([]string{"a", "b"}, newCounter)
	three := cardinality.NewVec([]string{"a", "b", "c"}, newCounter)
	want(t, "With1", one.With1("x"), one.With("x"))
	want(t, "With2", two.With2("x", "y"), two.With("x", "y"))
	want(t, "With3", three.With3("x", "y", "z"), three.With("x", "y", "z"))
	if two.With2("x", "y") == two.With2("y", "x") {
		t.Error("the order of values makes no difference")
	}
}

func TestNoLabels(t *testing.T) {
	v := cardinality.NewVec(nil, newCounter)
	want(t, "Len of an unused vec", v.Len(), 0)
	v.With().Add(1)
	want(t, "total", total(v), 1)
	want(t, "findings", len(v.Guard().Findings()), 0)
	v.Reset()
	want(t, "total after Reset", total(v), 0)
}

func TestOverflow(t *testing.T) {
	v := cardinality.NewVec([]string{"method", "path"}, newCounter, cardinality.MaxSets(3))
	for _, path := range []string{"/a", "/b", "/c", "/d", "/e", "/f"} {
		v.With("GET", path).Add(1)
	}
	shared, own := v.Resolve("GET", "/d")
	want(t, "own set of /d", own, false)
	want(t, "T of /d and /e", shared, v.With2("GET", "/e"))
	want(t, "marked path", strings.Join(shared.values, ","), "GET,(other)")
	want(t, "observations that share", shared.n.Load(), 3)
	_, own = v.Resolve("GET", "/a")
	want(t, "own set of /a", own, true)
}

func TestWrongUseIsCounted(t *testing.T) {
	v := cardinality.NewVec([]string{"a", "b"}, newCounter)
	v.With("x").Add(1)
	v.With().Add(1)
	v.With("x", "y", "z").Add(1)
	v.With1("x").Add(1)
	v.With3("x", "y", "z").Add(1)
	v.With("x", "caf\xe9").Add(1)
	v.With("x", strings.Repeat("y", 1<<20)).Add(1)
	want(t, "total", total(v), 7)
	want(t, "all-marker set", v.Overflow().n.Load(), 5)
	want(t, "Misused", v.Guard().Stats().Misused, 7)
	want(t, "repaired", v.With("x", "caf\uFFFD").n.Load(), 1)
	want(t, "too long", v.With("x", strings.Repeat("z", 1025)).n.Load(), 1)
}

func TestMarkerCannotBeForged(t *testing.T) {
	v := cardinality.NewVec([]string{"path"}, newCounter, cardinality.MaxSets(4), cardinality.Marker("other"))
	for _, value := range []string{"other", "_other", "__other", "another"} {
		v.With(value).Add(1)
	}
	flood(v, 0, 10)
	var shown []string
	for values := range v.All() {
		shown = append(shown, values[0])
	}
	slices.Sort(shown)
	if want := []string{"___other", "__other", "_other", "another", "other"}; !slices.Equal(shown, want) {
		t.Errorf("shown %q, want %q", shown, want)
	}
	want(t, "shared by junk alone", v.Overflow().n.Load(), 10)
}

func TestDelete(t *testing.T) {
	v := cardinality.NewVec([]string{"path"}, newCounter, cardinality.MaxSets(2))
	v.With("/a").Add(1)
	flood(v, 0, 5)
	want(t, "Delete of a value that shares", v.Delete("/junk/3"), false)
	want(t, "Delete with a wrong number of values", v.Delete("/a", "/b"), false)
	want(t, "total", total(v), 6)
	want(t, "Delete", v.Delete("/a"), true)
	want(t, "Delete again", v.Delete("/a"), false)
	want(t, "total without /a", total(v), 5)
	v.With("/b").Add(1)
	if _, own := v.Resolve("/b"); !own {
		t.Error("the place of a deleted set is not free")
	}
	want(t, "Delete of the marker by its name", v.Delete("(other)"), true)
	want(t, "total without the overflow", total(v), 2)
	flood(v, 10, 1)
	want(t, "total with a new overflow", total(v), 3)
}

func TestDeleteFunc(t *testing.T) {
	v := cardinality.NewVec([]string{"path"}, newCounter)
	flood(v, 0, 100)
	n := v.DeleteFunc(func(values []string) bool { return strings.HasSuffix(values[0], "7") })
	want(t, "deleted", n, 10)
	want(t, "Len", v.Len(), 90)
}

func TestDeletedForEverAndAgain(t *testing.T) {
	v := cardinality.NewVec([]string{"path"}, newCounter, cardinality.MaxSets(10))
	for i := range 10_000 {
		flood(v, i, 1)
		if i >= 5 && !v.Delete(pathNumber(i-5)) {
			t.Fatal("a set has gone")
		}
	}
	want(t, "Len", v.Len(), 5)
	want(t, "Overflowed", v.Guard().Stats().Overflowed, 0)
}

func TestReset(t *testing.T) {
	v := cardinality.NewVec([]string{"path"}, newCounter, cardinality.MaxSets(10))
	flood(v, 0, 100)
	want(t, "trips", len(v.Guard().Trips()), 1)
	v.Reset()
	want(t, "Len", v.Len(), 0)
	want(t, "total", total(v), 0)
	want(t, "trips after Reset", len(v.Guard().Trips()), 0)
	want(t, "bytes", v.Guard().Stats().Bytes, 0)
	flood(v, 0, 10)
	want(t, "sets of their own", v.Len(), 10)
}

func TestPeekLeavesNoTrace(t *testing.T) {
	v := cardinality.NewVec([]string{"path"}, newCounter, cardinality.MaxSets(1))
	if _, ok := v.Peek("/a"); ok {
		t.Error("a set is there that nobody used")
	}
	c := v.With("/a")
	got, ok := v.Peek("/a")
	want(t, "found", ok, true)
	want(t, "T", got, c)
	v.With("/b")
	_, ok = v.Peek("/b")
	want(t, "own set of /b", ok, false)
	want(t, "Len", v.Len(), 2)
}

func TestHandle(t *testing.T) {
	v := cardinality.NewVec([]string{"path"}, newCounter, cardinality.MaxSets(1))
	h := v.Handle("/a")
	want(t, "sets before use", v.Len(), 0)
	h.Get().Add(1)
	want(t, "same T", h.Get(), v.With("/a"))
	v.Delete("/a")
	v.With("/b").Add(1)
	h.Get().Add(1)
	want(t, "shares while there is no place", h.Get(), v.Overflow())
	v.Delete("/b")
	h.Get().Add(1)
	want(t, "own again", strings.Join(h.Get().values, ","), "/a")
}

func TestPanicsOfUserCode(t *testing.T) {
	v := cardinality.NewVec([]string{"path"}, func(values []string) *counter {
		if values[0] == "bad" {
			panic("bad")
		}
		return newCounter(values)
	}, cardinality.Normalize("path", func(value string) string { return value[:3] }))
	v.With("bad").Add(1)
	v.With("x").Add(1) // Normalize panics
	v.With("good").Add(1)
	want(t, "total", total(v), 3)
	want(t, "Misused", v.Guard().Stats().Misused, 2)
	want(t, "normalized", v.With("goo").n.Load(), 1)
}

func TestNoAllocations(t *testing.T) {
	v := cardinality.NewVec([]string{"method", "code", "path"}, newCounter, cardinality.MaxSets(100))
	junk := make([]string, 5000)
	for i := range junk {
		junk[i] = pathNumber(i)
		v.With("GET", "200", junk[i]).Add(1)
	}
	i := 0
	for name, do := range map[string]func(){
		"hit":        func() { v.With("GET", "200", junk[i%100]).Add(1) },
		"hit of 3":   func() { v.With3("GET", "200", junk[i%100]).Add(1) },
		"overflow":   func() { v.With("GET", "200", junk[100+i%4000]).Add(1) },
		"overflow 3": func() { v.With3("GET", "200", junk[100+i%4000]).Add(1) },
	} {
		if n := testing.AllocsPerRun(2000, func() { i++; do() }); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func TestMoreLabelsThanInline(t *testing.T) {
	labels := strings.Split("abcdefghijkl", "")
	v := cardinality.NewVec(labels, newCounter, cardinality.MaxSets(5))
	for i := range 20 {
		values := slices.Clone(labels)
		values[11] = pathNumber(i)
		v.With(values...).Add(1)
	}
	want(t, "total", total(v), 20)
	labels[11] = "(other)"
	for values, c := range v.All() {
		if slices.Equal(values, labels) && c.n.Load() != 15 {
			t.Errorf("overflow got %d, want 15", c.n.Load())
		}
	}
}
