package compare

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// extreme is a report in which each figure may be as small or as large as JSON has them.
func extreme(random *rand.Rand) []byte {
	figure := func() float64 {
		switch random.IntN(4) {
		case 0:
			return 0
		case 1:
			return random.Float64() * 1000
		case 2:
			return math.SmallestNonzeroFloat64
		}
		return math.Pow(10, random.Float64()*640-324)
	}
	var sum Point
	var history []Point
	for range 12 + random.IntN(20) {
		sum.Age += min(figure(), 1e17)
		sum.CPU, sum.Requests, sum.Collections, sum.Failed = sum.CPU+min(figure(), 1e16), sum.Requests+min(figure(), 1e16), sum.Collections+1, sum.Failed+min(figure(), 1e16)
		p := sum
		for _, x := range []*float64{&p.Live, &p.RSS, &p.Goroutines, &p.Series, &p.P50, &p.P90, &p.P99, &p.Max} {
			*x = min(figure(), math.MaxFloat64)
		}
		history = append(history, p)
	}
	text, _ := json.Marshal(history)
	return fmt.Appendf(nil, `{"schema":"govitals.report/v1","at":"2026-01-01T00:00:00Z","uptime_seconds":1e18,"figures":{"uptime_seconds":%g,"requests":{},"series":1e18,"history":%s}}`, sum.Age, text)
}

// A result that JSON cannot hold is no result: the pipeline that asked sees a fault.
func TestResultsOfExtremeReportsCanBeWritten(t *testing.T) {
	good := service(7).side()
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 5))
		a, err := Decode(extreme(random))
		if err != nil {
			t.Fatal(err)
		}
		b, err := Decode(extreme(random))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []Result{Compare(a, b, Options{}), Compare(a, good, Options{}), Compare(good, a, Options{}), Compare(a, a, Options{})} {
			if _, err := json.Marshal(r); err != nil {
				t.Fatalf("seed %d: %v\n%+v", seed, err, r)
			}
			if strings.Contains(r.Summary, "-292y") || strings.Contains(r.Summary, "NaN") || strings.Contains(r.Summary, "for -") {
				t.Errorf("seed %d: %s", seed, r.Summary)
			}
		}
	}
}

// Requests and those that failed are counted one after the other, so that where all fail
// there may be one more of those.
func TestAllRequestsFail(t *testing.T) {
	canary, stable := service(1).side(), service(2).side()
	for _, s := range []*Side{&canary, &stable} {
		for i := range s.Points {
			s.Points[i].Failed = s.Points[i].Requests + float64(i)
		}
	}
	r := Compare(canary, stable, Options{})
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
	if m := measure(t, r, "failed"); m.Canary != 1 || m.Verdict != Same {
		t.Errorf("%+v", m)
	}
}

// Functions with types as arguments have names that are longer than what is kept of one.
func TestPlacesWithOneNameAreOne(t *testing.T) {
	long := strings.Repeat("x", 2*maxName)
	report := func(first, second int) Side {
		s, err := Decode(fmt.Appendf(nil, `{"schema":"govitals.report/v1","figures":{"sites":[{"name":"%s[int]","bytes":%d,"low":%d,"high":%d},{"name":"%s[bool]","bytes":%d,"low":%d,"high":%d}]}}`,
			long, first, first, first, long, second, second, second))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if r := Compare(report(100<<20, 1<<20), report(100<<20, 1<<20), Options{}); len(r.Sites) != 0 {
		t.Errorf("both hold the same: %+v", r.Sites)
	}
	if r := Compare(report(100<<20, 3<<20), report(100<<20, 1<<20), Options{}); len(r.Sites) != 1 || r.Sites[0].Difference != 2<<20 || !r.Sites[0].Sure {
		t.Errorf("the canary holds 2 MiB more: %+v", r.Sites)
	}
}
