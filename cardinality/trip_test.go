package cardinality_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
)

// The label that explodes is named, wherever it stands, among others that have many
// values but no new ones.
func TestTheRightLabelIsNamed(t *testing.T) {
	labels := []string{"first", "second", "third"}
	for position, name := range labels {
		for seed := range 5 {
			v := cardinality.NewVec(labels, newCounter, cardinality.MaxSets(400))
			values := make([]string, 3)
			for i := range 300 { // 300 sets that are all right
				values[0], values[1], values[2] = "v"+strconv.Itoa(i%2), "v"+strconv.Itoa(i%3), "v"+strconv.Itoa(i%5)
				values[(position+1)%3] = "v" + strconv.Itoa(i)
				v.With(values...).Add(1)
			}
			for i := range 2000 {
				values[0], values[1], values[2] = "v"+strconv.Itoa(i%2), "v"+strconv.Itoa(i%3), "v"+strconv.Itoa(i%5)
				values[position] = strconv.Itoa(1_000_000 + seed*10_000 + i)
				v.With(values...).Add(1)
			}
			trips := v.Guard().Trips()
			if len(trips) != 1 || trips[0].Label != name {
				t.Errorf("label %s exploded, but the trips are %+v", name, trips)
			}
			want(t, "total", total(v), 2300)
			if position == 2 && v.Len() > 400+25 {
				t.Errorf("%d sets", v.Len())
			}
		}
	}
}

func TestDistinctWithin5Percent(t *testing.T) {
	for _, n := range []int{10, 100, 3000, 20_000, 60_000} {
		v := cardinality.NewVec([]string{"method", "path"}, newCounter, cardinality.MaxSets(70))
		for i := range n {
			v.With("GET", pathNumber(i))
		}
		got := v.Guard().Stats().Distinct
		if off := float64(got[1])/float64(n) - 1; got[0] != 1 || off < -0.05 || off > 0.05 {
			t.Errorf("%d paths: estimated %d (%+.1f %%), and %d methods", n, got[1], 100*off, got[0])
		}
	}
}

func TestTripSaysAll(t *testing.T) {
	v := cardinality.NewVec([]string{"method", "path"}, newCounter, cardinality.MaxSets(100), cardinality.Name("http_requests"))
	for i := range 5000 {
		v.With("GET", fmt.Sprintf("/users/%d/files/3f2504e0-4f89-11d3-9a0c-0305e82c%04x", i, i)).Add(1)
		v.With("GET", "/too/late").Add(1)
	}
	trip := v.Guard().Trips()[0]
	want(t, "metric", trip.Metric, "http_requests")
	want(t, "limit", trip.Limit, "MaxSets")
	want(t, "shape", trip.Shape, cardinality.ShapePath)
	want(t, "template", trip.Template, "/users/{id}/files/{uuid}")
	want(t, "overflowed", trip.Overflowed, 4901) // 5,000 files without the 99 that have sets
	if len(trip.Stack) == 0 || !strings.HasPrefix(trip.Stack[0], "github.com/govitals/govitals/cardinality_test.TestTripSaysAll at ") {
		t.Errorf("stack %q does not begin with the caller", trip.Stack)
	}
	if len(trip.Samples) == 0 || trip.Bytes < 100*cardinality.DefaultBytesPerSet {
		t.Errorf("%+v", trip)
	}
}

func TestTopValuesOfAFlood(t *testing.T) {
	v := cardinality.NewVec([]string{"user"}, newPlain, cardinality.MaxSets(10))
	for i := range 4000 {
		v.With(strconv.Itoa(500_000 + i))
		if i%4 == 3 && i > 20 {
			v.With("bot")
		}
	}
	trip := v.Guard().Trips()[0]
	if len(trip.Top) == 0 || trip.Top[0].Value != "bot" || trip.Top[0].Count > 1000 || trip.Top[0].Count < 500 {
		t.Errorf("top %+v, want bot with up to 1000", trip.Top)
	}
	want(t, "shape", trip.Shape, cardinality.ShapeID)
}

// OnTrip is called once per label, not on the goroutine that tripped it, whatever
// it does; the log gets one line.
func TestOnTrip(t *testing.T) {
	for name, broken := range map[string]func(){"returns": func() {}, "panics": func() { panic("user code") }, "ends": runtime.Goexit} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			var got []string
			v := cardinality.NewVec([]string{"a", "b"}, newCounter, cardinality.MaxValues("a", 5), cardinality.MaxValues("b", 5),
				cardinality.Log(slog.New(slog.NewTextHandler(&log, nil))),
				cardinality.OnTrip(func(trip cardinality.Trip) { got = append(got, trip.Label); broken() }))
			for i := range 100 {
				v.With("x", strconv.Itoa(i))
			}
			synctest.Wait()
			for i := range 100 {
				v.With(strconv.Itoa(i), "x")
			}
			synctest.Wait()
			if !slices.Equal(got, []string{"b", "a"}) {
				t.Errorf("%s: called for %q", name, got)
			}
			want(t, "lines of the log", strings.Count(log.String(), "\n"), 2)
			if !strings.Contains(log.String(), "label exploded") || !strings.Contains(log.String(), "label=b") {
				t.Errorf("log: %s", log.String())
			}
			wantFaults := uint64(2)
			if name == "returns" {
				wantFaults = 0
			}
			want(t, "faults", v.Guard().Stats().Faults, wantFaults)
		})
	}
}

func TestFindings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := cardinality.NewVec([]string{"method", "user"}, newCounter, cardinality.MaxSets(100), cardinality.Name("http_requests"))
		want(t, "findings at first", len(v.Guard().Findings()), 0)
		for i := range 1000 {
			v.With("GET", strconv.Itoa(7_000_000+i))
		}
		f := v.Guard().Findings()[0]
		want(t, "signal", f.Signal, "series")
		want(t, "state", f.State, finding.Exploded)
		want(t, "culprit", f.Culprits[0].Name, "http_requests{user}")
		if !strings.Contains(f.Summary, "http_requests{user} exploded") || !strings.Contains(f.Advice, "{id}") {
			t.Errorf("%+v", f)
		}
		time.Sleep(time.Hour)
		want(t, "state of an explosion that is over", v.Guard().Findings()[0].State, finding.OK)
		v.With("GET", "another")
		v.With("GET")
		time.Sleep(time.Minute)
		f = v.Guard().Findings()[0]
		want(t, "state when it goes on", f.State, finding.Exploded)
		want(t, "cause of the second finding", v.Guard().Findings()[1].Cause, "misuse")
	})
}

// New sets all the time are a warning before the limit; a warm-up is none.
func TestGrowthAlarm(t *testing.T) {
	for name, test := range map[string]struct {
		sets func(second int) int // that there are after so long
		want string
	}{
		"leak":    {func(second int) int { return second / 2 }, "requests{user}"},
		"warm-up": {func(second int) int { return min(second, 300) }, ""},
		"slower":  {func(second int) int { return 1000 * second / (second + 60) }, ""},
		"steady":  {func(second int) int { return 20 }, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			v := cardinality.NewVec([]string{"method", "user"}, newCounter, cardinality.MaxSets(5000), cardinality.Name("requests"))
			sets := 0
			for second := range 1000 {
				for ; sets < test.sets(second); sets++ {
					v.With("GET", "u"+strconv.Itoa(sets)).Add(1)
				}
				if second%15 == 0 {
					total(v) // a scrape
				}
				time.Sleep(time.Second)
			}
			got := ""
			if f := v.Guard().Findings(); len(f) > 0 {
				got = f[0].Culprits[0].Name
				want(t, "state", f[0].State, finding.Growing)
				if f[0].PerHour < 1700 || f[0].PerHour > 1900 {
					t.Errorf("%s: %v per hour, want 1800", name, f[0].PerHour)
				}
			}
			want(t, name, got, test.want)
		})
	}
}

func TestGroup(t *testing.T) {
	group := cardinality.NewGroup(cardinality.GroupConfig{MaxBytes: 100 * 1300})
	small := cardinality.NewVec([]string{"path"}, newCounter, cardinality.In(group), cardinality.Name("small"))
	large := cardinality.NewVec([]string{"path"}, newCounter, cardinality.In(group), cardinality.Name("large"))
	small.With("/a").Add(1)
	want(t, "state at first", group.Findings()[0].State, finding.OK)
	flood(large, 0, 500)
	flood(small, 0, 10)
	if n := small.Len() + large.Len(); n > 110 || n < 95 || group.Bytes() > 100*1300 {
		t.Errorf("%d sets with %d bytes", n, group.Bytes())
	}
	want(t, "total of large", total(large), 500)
	want(t, "total of small", total(small), 11)
	want(t, "limit", large.Guard().Trips()[0].Limit, "GroupConfig.MaxBytes")
	want(t, "state", group.Findings()[0].State, finding.Exploded)
	large.Reset()
	flood(small, 100, 5)
	_, own := small.Resolve(pathNumber(104))
	want(t, "place after another vec gave back its own", own, true)
	small.Reset()
	want(t, "bytes in the end", group.Bytes(), 0)
	group.Remove(large.Guard())
	want(t, "guards", len(group.Guards()), 1)
}

// A vec that is used after it left takes nothing from the group.
func TestLeave(t *testing.T) {
	group := cardinality.NewGroup(cardinality.GroupConfig{})
	stays := cardinality.NewVec([]string{"path"}, newCounter, cardinality.In(group))
	goes := cardinality.NewVec([]string{"path"}, newCounter, cardinality.In(group), cardinality.MaxSets(20))
	flood(stays, 0, 10)
	bytes := group.Bytes()
	flood(goes, 0, 100)
	for range 2 {
		goes.Guard().Leave()
	}
	want(t, "guards", len(group.Guards()), 1)
	want(t, "bytes", group.Bytes(), bytes)
	goes.Reset()
	flood(goes, 0, 100)
	want(t, "total of the one that left", total(goes), 100)
	cardinality.NewGroup(cardinality.GroupConfig{}).Remove(stays.Guard())
	want(t, "guards after another group removed one", len(group.Guards()), 1)
	want(t, "bytes in the end", group.Bytes(), bytes)
	stays.Guard().Leave()
	want(t, "bytes without guards", group.Bytes(), 0)
}

// Every metric is declared, valid, and agrees with what a loop over the sets finds.
func TestMetrics(t *testing.T) {
	group := cardinality.NewGroup(cardinality.GroupConfig{})
	v := cardinality.NewVec([]string{"method", "path"}, newCounter, cardinality.MaxSets(50), cardinality.In(group), cardinality.Name("requests"))
	for i := range 200 {
		v.With("GET", pathNumber(i)).Add(1)
	}
	declared := map[string]bool{}
	for _, d := range group.Describe() {
		if err := d.Validate(); err != nil {
			t.Error(err)
		}
		declared[d.Name] = true
	}
	got := map[string]float64{}
	group.Collect(func(s metric.Sample) {
		if err := s.Validate(); err != nil || !declared[s.Desc.Name] {
			t.Errorf("%s: %v", s.Desc.Name, err)
		}
		got[s.Desc.PrometheusName()+" "+strings.Join(s.LabelValues, " ")] = s.Value
	})
	for name, value := range map[string]float64{
		"govitals_cardinality_sets requests":                        float64(v.Len()),
		"govitals_cardinality_limit requests":                       50,
		"govitals_cardinality_overflow_observations_total requests": 150,
		"govitals_cardinality_tripped requests path":                1,
		"govitals_cardinality_tripped requests method":              0,
		"govitals_cardinality_distinct_estimate requests method":    1,
	} {
		if got[name] != value {
			t.Errorf("%s is %v, want %v", name, got[name], value)
		}
	}
}

// When one label has exploded and another follows, both are named, and the third
// stays true.
func TestTwoLabelsExplode(t *testing.T) {
	var tripped []string
	synctest.Test(t, func(t *testing.T) {
		v := cardinality.NewVec([]string{"method", "path", "user"}, newCounter, cardinality.MaxSets(200),
			cardinality.OnTrip(func(trip cardinality.Trip) { tripped = append(tripped, trip.Label) }))
		methods := []string{"GET", "PUT"}
		for i := range 2000 {
			v.With(methods[i%2], pathNumber(i), "u"+strconv.Itoa(i%50)).Add(1)
		}
		for i := range 2000 {
			v.With(methods[i%2], pathNumber(i), "u"+strconv.Itoa(1000+i)).Add(1)
		}
		want(t, "total", total(v), 4000)
		if v.Len() > 200+25+1 {
			t.Errorf("%d sets", v.Len())
		}
		for _, method := range methods {
			n := int64(0)
			for values, c := range v.All() {
				if values[0] == method {
					n += c.n.Load()
				}
			}
			want(t, method, n, 2000)
		}
	})
	if want := []string{"path", "user"}; !slices.Equal(tripped, want) {
		t.Errorf("tripped %q, want %q", tripped, want)
	}
}

// Where the other labels have many values too, they stay true as far as there is
// room, and the one with few values longest.
func TestManyCombinations(t *testing.T) {
	v := cardinality.NewVec([]string{"method", "code", "path"}, newCounter, cardinality.MaxSets(1000))
	methods := []string{"GET", "PUT", "POST", "HEAD"}
	for i := range 20_000 {
		v.With(methods[i%4], strconv.Itoa(200+i%101), pathNumber(i)).Add(1)
	}
	want(t, "total", total(v), 20_000)
	want(t, "trips", len(v.Guard().Trips()), 1)
	want(t, "label", v.Guard().Trips()[0].Label, "path")
	if v.Len() > 1000+32+1 {
		t.Errorf("%d sets", v.Len())
	}
	for _, method := range methods {
		n := int64(0)
		for values, c := range v.All() {
			if values[0] == method {
				n += c.n.Load()
			}
		}
		want(t, method, n, 5000)
	}
	want(t, "all labels marked", v.Overflow().n.Load(), 0)
}

func TestOneLookupThatOverflowedIsOne(t *testing.T) {
	v := cardinality.NewVec([]string{"user"}, newPlain, cardinality.MaxSets(10))
	for i := range 500 {
		v.With(strconv.Itoa(500_000 + i))
		if f := v.Guard().Findings(); len(f) > 0 && v.Guard().Trips()[0].Overflowed == 1 {
			if !strings.Contains(f[0].Summary, " 1 lookup got a set in which") {
				t.Errorf("said is %q", f[0].Summary)
			}
			return
		}
	}
	t.Error("no lookup overflowed alone")
}
