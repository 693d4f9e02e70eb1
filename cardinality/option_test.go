package cardinality_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/cardinality"
)

// Each mistake is named with the option and the value, and the program ends when it
// starts and not later.
func TestMistakesAreNamed(t *testing.T) {
	long := strings.Repeat("x", 70)
	for want, options := range map[string][]cardinality.Option{
		"MaxSets is 0":                              {cardinality.MaxSets(0)},
		"MaxSets is -1":                             {cardinality.MaxSets(-1)},
		`MaxValues of label "path" is 0`:            {cardinality.MaxValues("path", 0)},
		`MaxValues names label "pth"`:               {cardinality.MaxValues("pth", 5)},
		`Allow names label "pth"`:                   {cardinality.Allow("pth", "x")},
		`Normalize names label "pth"`:               {cardinality.Normalize("pth", strings.ToUpper)},
		`Normalize of label "path" has no function`: {cardinality.Normalize("path", nil)},
		`Marker is ""`:                              {cardinality.Marker("")},
		`Marker is "\xff"`:                          {cardinality.Marker("\xff")},
		"Marker has 70 bytes":                       {cardinality.Marker(long), cardinality.MaxValueLen(64)},
		"Retention is 1ms":                          {cardinality.Retention(time.Millisecond)},
		"Retention is 2562047h":                     {cardinality.Retention(1<<63 - 1)},
		"MaxBytes is 0":                             {cardinality.MaxBytes(0)},
		"BytesPerSet is -5":                         {cardinality.BytesPerSet(-5)},
		"MaxValueLen is 0":                          {cardinality.MaxValueLen(0)},
		"an option is nil":                          {nil},
	} {
		checkPanic(t, want, func() { cardinality.NewVec([]string{"path"}, newCounter, options...) })
	}
	checkPanic(t, "make is nil", func() { cardinality.NewVec[int]([]string{"path"}, nil) })
	checkPanic(t, "label 1 has no name", func() { cardinality.NewVec([]string{"path", ""}, newCounter) })
	checkPanic(t, `label "a" is there twice`, func() { cardinality.NewVec([]string{"a", "b", "a"}, newCounter) })
	checkPanic(t, "65 labels", func() { cardinality.NewVec(make([]string, 65), newCounter) })
	checkPanic(t, "GroupConfig.MaxBytes is -1", func() { cardinality.NewGroup(cardinality.GroupConfig{MaxBytes: -1}) })
}

func TestForMany(t *testing.T) {
	v := cardinality.NewVec([]string{"code"}, newCounter, cardinality.ForMany(),
		cardinality.MaxValues("path", 5), cardinality.Allow("method", "GET"), cardinality.MaxValues("code", 1))
	v.With("200").Add(1)
	_, own := v.Resolve("500")
	want(t, "second code", own, false)
}

func checkPanic(t *testing.T, want string, do func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
			t.Errorf("panic %q does not say %q", got, want)
		}
	}()
	do()
}

func TestExtremeLimits(t *testing.T) {
	for _, options := range [][]cardinality.Option{
		{cardinality.MaxSets(1)},
		{cardinality.MaxSets(1 << 30)},
		{cardinality.MaxBytes(1)},
		{cardinality.MaxBytes(1<<63 - 1)},
		{cardinality.BytesPerSet(1 << 40)},
		{cardinality.MaxValues("path", 1)},
		{cardinality.Retention(100 * 365 * 24 * time.Hour)},
		{cardinality.Allow("path")},
		{cardinality.MaxValueLen(1), cardinality.Marker("*")},
	} {
		v := cardinality.NewVec([]string{"path"}, newCounter, options...)
		flood(v, 0, 1000)
		want(t, "total", total(v), 1000)
		if s := v.Guard().Stats(); s.Sets > s.Limit+32 {
			t.Errorf("%+v", s)
		}
	}
}

func TestMaxValues(t *testing.T) {
	v := cardinality.NewVec([]string{"method", "path"}, newCounter, cardinality.MaxValues("path", 2))
	for i := range 5 {
		v.With("GET", pathNumber(i)).Add(1)
		v.With("PUT", pathNumber(i)).Add(1)
	}
	want(t, "Len", v.Len(), 6) // two methods, two paths and the marker
	want(t, "GET with the marker", v.With("GET", "/new").n.Load(), 3)
	v.With("DELETE", pathNumber(0)).Add(1)
	_, own := v.Resolve("DELETE", pathNumber(0))
	want(t, "known path with a new method is admitted", own, true)
	v.Delete("GET", pathNumber(1))
	_, own = v.Resolve("GET", "/new")
	want(t, "a value that another set has is still taken", own, false)
	v.Delete("PUT", pathNumber(1))
	_, own = v.Resolve("GET", "/new")
	want(t, "the place of a value without sets is free", own, true)
	want(t, "total", total(v), 9)
}

func TestAllow(t *testing.T) {
	v := cardinality.NewVec([]string{"method", "path"}, newCounter, cardinality.Allow("method", "GET"), cardinality.Allow("method", "PUT"))
	v.With("GET", "/a").Add(1)
	v.With("PUT", "/a").Add(1)
	v.With("XYZZY", "/a").Add(1)
	v.With("XYZZZ", "/a").Add(1)
	c, own := v.Resolve("XYZZY", "/a")
	want(t, "own", own, false)
	want(t, "not allowed", c.n.Load(), 2)
	want(t, "trips", len(v.Guard().Trips()), 0) // a limit that was drawn by hand did its work
}

func TestNormalize(t *testing.T) {
	v := cardinality.NewVec([]string{"method", "path"}, newCounter,
		cardinality.Normalize("method", strings.ToUpper), cardinality.Normalize("path", cardinality.RouteTemplate), cardinality.MaxSets(2))
	for i := range 100 {
		v.With("get", fmt.Sprintf("/users/%d?page=2", i)).Add(1)
	}
	want(t, "Len", v.Len(), 1)
	want(t, "template", v.With("GET", "/users/{id}").n.Load(), 100)
	v.With("get", "/b")
	v.With("get", "/c").Add(1)
	v.With("get", "/users/5").Add(1)
	want(t, "canonical form keeps its set", v.With("GET", "/users/{id}").n.Load(), 101)
	want(t, "with the marker", v.With("GET", "/d").n.Load(), 1)
}

// Values that are not canonical find the shared set of their canonical form, also
// when there is no room for further ones.
func TestNormalizeInTheOverflow(t *testing.T) {
	v := cardinality.NewVec([]string{"method", "path"}, newCounter, cardinality.MaxSets(8), cardinality.Normalize("method", strings.ToUpper))
	for i := range 100 {
		v.With("get", fmt.Sprintf("/x%d", i)).Add(1)
	}
	for _, method := range []string{"put", "post", "head", "PATCH", "get", "Get"} {
		v.With(method, "/y").Add(1)
	}
	for values, c := range v.All() {
		if values[0] == "GET" && values[1] == "(other)" {
			want(t, "GET with the marker", c.n.Load(), 94)
		}
	}
	want(t, "total", total(v), 106)
}

func TestDryRun(t *testing.T) {
	v := cardinality.NewVec([]string{"path"}, newCounter, cardinality.MaxSets(10), cardinality.DryRun())
	flood(v, 0, 500)
	want(t, "Len", v.Len(), 500)
	trips := v.Guard().Trips()
	want(t, "trips", len(trips), 1)
	want(t, "DryRun", trips[0].DryRun, true)
	want(t, "label", trips[0].Label, "path")
}

func TestMaxBytes(t *testing.T) {
	v := cardinality.NewVec([]string{"path"}, newCounter, cardinality.BytesPerSet(70<<10), cardinality.MaxBytes(1<<20))
	flood(v, 0, 1000)
	if s := v.Guard().Stats(); s.Sets > 14 || s.Sets < 12 || s.Limit != s.Sets || s.Bytes > 1<<20 {
		t.Errorf("%+v, want what 1 MiB has room for", s)
	}
	want(t, "limit", v.Guard().Trips()[0].Limit, "MaxBytes")
}
