package ring

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

var start = time.Unix(1_700_000_000, 500_000_000)

var nan = float32(math.NaN())

// sample is one call of Add.
type sample struct {
	at     time.Time
	values []float32
}

// brute computes a bucket from all samples.
func brute(samples []sample, from, to time.Time, series int) (r Range, any bool) {
	r = unknown
	for _, s := range samples {
		if s.at.Before(from) || !s.at.Before(to) {
			continue
		}
		any = true
		if v := s.values[series]; v == v {
			if !r.Known() {
				r = Range{v, v, v}
			}
			r = Range{min(r.Min, v), max(r.Max, v), v}
		}
	}
	return r, any
}

func same(a, b Range) bool { return a == b || !a.Known() && !b.Known() }

func TestAgainstBruteForce(t *testing.T) {
	tiers := []Tier{{time.Second, 10}, {4 * time.Second, 12}, {15 * time.Second, 20}}
	for seed := range uint64(15) {
		random := rand.New(rand.NewPCG(seed, 1))
		r := New(2, tiers...)
		var samples []sample
		for at := start; at.Before(start.Add(time.Duration(1+random.IntN(500)) * time.Second)); {
			s := sample{at, []float32{random.Float32(), random.Float32()}}
			if random.IntN(3) == 0 {
				s.values[1] = nan
			}
			r.Add(s.at, s.values)
			samples = append(samples, s)
			at = at.Add(time.Duration(1 + random.Int64N(int64(3*time.Second))))
		}
		now := samples[len(samples)-1].at
		for _, ago := range []time.Duration{0, 3 * time.Second, 9 * time.Second, 30 * time.Second, 2 * time.Minute, time.Hour} {
			check(t, r.Since(now.Add(-ago)), samples, now.Add(-ago), now)
		}
	}
}

// check compares points with what samples give, and looks for missing ones.
func check(t *testing.T, points []Point, samples []sample, since, now time.Time) {
	t.Helper()
	if len(points) == 0 {
		t.Fatalf("no points since %v", since)
	}
	for i, p := range points {
		end := p.At.Add(p.Every)
		if !end.After(since) || i > 0 && p.At.Before(points[i-1].At.Add(p.Every)) {
			t.Fatalf("point %d is at %v for %v, asked for since %v", i, p.At, p.Every, since)
		}
		for series := range p.Series {
			want, any := brute(samples, p.At, end, series)
			if !any || !same(p.Series[series], want) {
				t.Fatalf("series %d at %v for %v is %v, want %v", series, p.At, p.Every, p.Series[series], want)
			}
		}
	}
	every := points[0].Every
	covered := 0
	for at := points[0].At; !at.After(now); at = at.Add(every) {
		if _, any := brute(samples, at, at.Add(every), 0); any {
			covered++
		}
	}
	if covered != len(points) {
		t.Errorf("%d points since %v, want %d", len(points), since, covered)
	}
}

func TestResolutionIsTheFinestThatReachesBack(t *testing.T) {
	r := New(1, Tier{time.Second, 600}, Tier{10 * time.Second, 1080}, Tier{time.Minute, 1440})
	now := start
	grow := func(by time.Duration) {
		for end := now.Add(by); now.Before(end); now = now.Add(time.Second) {
			r.Add(now, []float32{1})
		}
	}
	want := func(since time.Time, every time.Duration, points int) {
		t.Helper()
		got := r.Since(since)
		if len(got) == 0 || got[0].Every != every || len(got) < points-1 || len(got) > points+1 {
			t.Errorf("since %v: %d points, want about %d of %v each", now.Sub(since), len(got), points, every)
		}
	}
	grow(5 * time.Minute)
	want(time.Time{}, time.Second, 300) // all there is, and it is short
	grow(25 * time.Hour)
	want(now.Add(-5*time.Minute), time.Second, 300)
	want(now.Add(-time.Hour), 10*time.Second, 360)
	want(now.Add(-4*time.Hour), time.Minute, 240)
	want(time.Time{}, time.Minute, 1440)
}

func TestSpikeOfOneSecondIsSeenADayLater(t *testing.T) {
	r := New(1, Tier{time.Second, 600}, Tier{time.Minute, 1440})
	for i := range 23 * 3600 {
		value := float32(1)
		if i == 1234 {
			value = 99
		}
		r.Add(start.Add(time.Duration(i)*time.Second), []float32{value})
	}
	highest := float32(0)
	for _, p := range r.Since(time.Time{}) {
		highest = max(highest, p.Series[0].Max)
	}
	if highest != 99 {
		t.Errorf("the highest value is %v, want the spike of 99", highest)
	}
}

func TestMemoryIsFixed(t *testing.T) {
	r := New(8, Tier{time.Second, 600}, Tier{10 * time.Second, 1080}, Tier{time.Minute, 1440})
	if got, want := r.Bytes(), (600+1080+1440)*(8+8*12); got != want {
		t.Errorf("it takes %d bytes, want %d", got, want)
	}
	values, at := make([]float32, 8), start
	if n := testing.AllocsPerRun(5000, func() { at = at.Add(time.Second); r.Add(at, values) }); n != 0 {
		t.Errorf("Add allocates %v times, want 0", n)
	}
}

func TestEmptyAndFuture(t *testing.T) {
	r := New(1, Tier{time.Second, 3})
	if got := r.Since(time.Time{}); got != nil {
		t.Errorf("an empty ring has %v", got)
	}
	r.Add(start, []float32{1})
	if got := r.Since(start.Add(time.Hour)); len(got) != 0 {
		t.Errorf("the future has %v", got)
	}
}

func FuzzAdd(f *testing.F) {
	f.Add(int64(0), int64(1e9), int64(-5e9), int64(1<<62))
	f.Add(int64(-1<<63), int64(1<<62), int64(3e9), int64(4e9))
	f.Fuzz(func(t *testing.T, a, b, c, ago int64) {
		r := New(1, Tier{time.Second, 3}, Tier{7 * time.Second, 2})
		for _, shift := range []int64{a, b, c} {
			r.Add(start.Add(time.Duration(shift)), []float32{1})
		}
		for _, p := range r.Since(start.Add(time.Duration(ago))) {
			if p.Series[0] != (Range{1, 1, 1}) {
				t.Errorf("a bucket holds %v, want 1", p.Series[0])
			}
		}
	})
}
