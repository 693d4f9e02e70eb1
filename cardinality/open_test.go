package cardinality_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/govitals/govitals/cardinality"
)

// Labels that come later: sets that do not have them stay as they are, limits hold
// for them, and a set without a label always has room in it.
func TestOpenLabels(t *testing.T) {
	v := cardinality.NewVec(nil, newCounter, cardinality.OpenLabels(3), cardinality.MaxValues("user", 2), cardinality.Allow("method", "GET"))
	route, _ := v.Label("route")
	v.With("/a", "", "").Add(1)
	user, _ := v.Label("user")
	method, _ := v.Label("method")
	if again, ok := v.Label("user"); again != user || !ok || route != 0 || user != 1 || method != 2 {
		t.Errorf("places %d %d %d, again %d", route, user, method, again)
	}
	if _, ok := v.Label("one too many"); ok {
		t.Error("a fourth label of three")
	}
	for i := range 10 {
		v.With("/a", strconv.Itoa(i), "GET").Add(1)
		v.With("/a", "", "BREW").Add(1)
		v.With("/a", "", "").Add(1)
	}
	want(t, "total", total(v), 31)
	shown := map[string]int64{}
	for values, c := range v.All() {
		shown[values[0]+" "+values[1]+" "+values[2]] = c.n.Load()
	}
	for set, n := range map[string]int64{"/a  ": 11, "/a 0 GET": 1, "/a 1 GET": 1, "/a (other) GET": 8, "/a  (other)": 10} {
		want(t, set, shown[set], n)
	}
	want(t, "sets", len(shown), 5)
	if got := v.Guard().Labels(); !slices.Equal(got, []string{"route", "user", "method"}) {
		t.Errorf("labels %q", got)
	}
	s := v.Guard().Overview()[0]
	if s.Last() == nil || s.Last().Label != "user" || s.Labels[0].Label != "user" {
		t.Errorf("%+v", s)
	}
}
