package exphist

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govitals/govitals/metric"
)

// spread returns a duration between 1 µs and an hour, each octave as likely as
// any other.
func spread() time.Duration {
	return time.Duration(math.Exp(rand.Float64()*math.Log(3.6e9)) * 1000)
}

// A bucket must hold what is above 2^((i-1)/16) seconds and at most 2^(i/16):
// compared with logarithms in place of tables.
func TestBucketsAreThoseOfSchema4(t *testing.T) {
	for range 100_000 {
		d := spread()
		exact := math.Log2(d.Seconds()) * 16
		if math.Abs(exact-math.Round(exact)) < 1e-6 {
			continue // too near an edge for a logarithm
		}
		if got, want := place(d)+first, int(math.Ceil(exact)); got != want {
			t.Fatalf("%v is in bucket %d, want %d", d, got, want)
		}
	}
}

func TestPowersOfTwoAreInTheBucketThatTheyEnd(t *testing.T) {
	for d, index := range map[time.Duration]int{time.Second: 0, 2 * time.Second: 16, 500 * time.Millisecond: -16, 250 * time.Millisecond: -32} {
		if got := place(d) + first; got != index {
			t.Errorf("%v is in bucket %d, want %d", d, got, index)
		}
		if got := place(d+1) + first; got != index+1 {
			t.Errorf("%v is in bucket %d, want %d", d+1, got, index+1)
		}
	}
}

// Every edge, and the nanosecond after it, which no cell may put elsewhere.
func TestEachEdgeEndsItsBucket(t *testing.T) {
	for i := range buckets - 1 {
		if at, after := place(upper(i)), place(upper(i)+1); at != i || after != i+1 {
			t.Errorf("%v is in bucket %d and a nanosecond more in %d, want %d and %d", upper(i), at, after, i, i+1)
		}
	}
}

func TestWhatIsOutOfRangeIsInTheOutermostBuckets(t *testing.T) {
	var h Histogram
	h.Record(-time.Second, 1)
	h.Record(0, 2)
	h.Record(1, 3)
	h.Record(math.MaxInt64, 4)
	c := h.Counts()
	if c.zero != 3 || c.counts[0] != 3 || c.counts[buckets-1] != 4 || c.Count() != 10 {
		t.Errorf("zero %d, first %d, last %d of %d; want 3, 3, 4 of 10", c.zero, c.counts[0], c.counts[buckets-1], c.Count())
	}
}

func TestQuantilesAgainstSorting(t *testing.T) {
	for range 50 {
		var h Histogram
		values := make([]time.Duration, 1+rand.IntN(300))
		for i := range values {
			values[i] = spread()
			h.Record(values[i], 1)
		}
		slices.Sort(values)
		c := h.Counts()
		for _, q := range []float64{0, 0.5, 0.9, 0.99, 1} {
			want := values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
			if got := c.Quantile(q); got < want-time.Microsecond || float64(got) > 1.045*float64(want)+1000 {
				t.Errorf("quantile %v of %d values is %v, want %v to 4.5 %% more", q, len(values), got, want)
			}
		}
		if h.Max() != values[len(values)-1] {
			t.Errorf("longest is %v, want %v", h.Max(), values[len(values)-1])
		}
	}
}

func TestMeanAndDeviation(t *testing.T) {
	var h Histogram
	var sum, squares float64
	const n = 1000
	for range n {
		d := time.Duration(rand.Int64N(int64(time.Second)))
		h.Record(d, 1)
		sum += d.Seconds()
		squares += d.Seconds() * d.Seconds()
	}
	c := h.Counts()
	mean := sum / n
	if off := c.Mean().Seconds()/mean - 1; math.Abs(off) > 1e-6 {
		t.Errorf("mean is off by %v", off)
	}
	if off := c.StdDev().Seconds()/math.Sqrt(squares/n-mean*mean) - 1; math.Abs(off) > 0.03 {
		t.Errorf("deviation is off by %v", off)
	}
}

// A run must be what recording its members one by one gives.
func TestRunIsItsMembers(t *testing.T) {
	for range 300 {
		longest, step := spread(), spread()
		count, n := 1+rand.Uint64N(2000), 1+rand.Uint64N(10)
		var run, single Histogram
		run.RecordRun(longest, step, count, n)
		for i := range count {
			single.Record(max(0, longest-step*time.Duration(min(i, uint64(longest/step)+1))), n)
		}
		got, want := run.Counts(), single.Counts()
		if got.Count() != want.Count() || got.zero != want.zero || run.Max() != single.Max() {
			t.Fatalf("%v by %v, %d times: %d with %d zero, want %d with %d", longest, step, count, got.Count(), got.zero, want.Count(), want.zero)
		}
		if math.Abs(got.sum-want.sum) > 1e-6*want.sum {
			t.Fatalf("%v by %v, %d times: sum %v, want %v", longest, step, count, got.sum, want.sum)
		}
		for q := 0.05; q < 1; q += 0.05 { // an edge that is not a whole nanosecond may take one more or less
			if g, w := got.Quantile(q), want.Quantile(q); math.Abs(math.Log2(float64(g+1)/float64(w+1))) > 1.01/16 {
				t.Fatalf("%v by %v, %d times: quantile %v is %v, want %v", longest, step, count, q, g, w)
			}
		}
	}
}

// A month of stall at a period of a millisecond is 2.6 thousand million ticks.
func TestRunOfAnyLengthIsShortWork(t *testing.T) {
	var h Histogram
	const ticks = 30 * 24 * 3600 * 1000
	h.RecordRun(ticks*time.Millisecond, time.Millisecond, ticks, 1)
	c := h.Counts()
	if c.Count() != ticks {
		t.Errorf("%d ticks, want %d", c.Count(), uint64(ticks))
	}
	if want := ticks / 2.0 / 1000; math.Abs(c.Mean().Seconds()/want-1) > 0.001 {
		t.Errorf("mean %v, want half of the stall", c.Mean())
	}
}

func TestWindowsDoNotDisturbEachOther(t *testing.T) {
	var h Histogram
	h.Record(time.Second, 5)
	a := h.Counts()
	h.Record(time.Millisecond, 3)
	b := h.Counts()
	for range 2 {
		w := b.Sub(&a)
		if w.Count() != 3 || w.Max() < time.Millisecond || w.Max() > 1045*time.Microsecond {
			t.Errorf("the window has %d up to %v, want 3 of 1ms", w.Count(), w.Max())
		}
	}
	if w := a.Sub(&b); w.Count() != 0 {
		t.Errorf("the wrong way round there are %d, want none", w.Count())
	}
}

func TestMetricLosesNothing(t *testing.T) {
	var h Histogram
	for range 1000 {
		h.Record(spread(), 2)
	}
	h.Record(0, 1)
	c := h.Counts()
	m := c.Metric()
	desc := metric.Desc{Name: "a.delay", Unit: "s", Kind: metric.KindHistogram, Help: "x", Action: "x"}
	if err := (metric.Sample{Desc: desc, Histogram: m}).Validate(); err != nil {
		t.Error(err)
	}
	if m.Count() != 2001 || m.Sum != c.sum || m.Zero != 1 {
		t.Errorf("%d observations with sum %v and %d zero, want 2001, %v, 1", m.Count(), m.Sum, m.Zero, c.sum)
	}
	if last := m.First + len(m.Counts) - 1; math.Abs(math.Exp2(float64(last)/16)/c.Max().Seconds()-1) > 1e-6 {
		t.Errorf("the last bucket ends at %v s, want %v", math.Exp2(float64(last)/16), c.Max())
	}
	var empty Counts
	if got := empty.Metric(); got.Count() != 0 || empty.Quantile(0.5) != 0 || empty.Max() != 0 || empty.StdDev() != 0 {
		t.Errorf("nothing gives %+v", got)
	}
}

// Between the look at the maximum and the change of it somebody else records more.
func TestNoGoroutineTakesTheMaximumOfAnother(t *testing.T) {
	var h Histogram
	h.Record(5, 1)
	seen := h.max.Load()
	h.Record(9, 1)
	if h.raise(seen, 7); h.Max() != 9 {
		t.Errorf("the longest is %v, want the 9ns that another has recorded", h.Max())
	}
}

func TestManyRecordAtOnce(t *testing.T) {
	const recorders, each = 4, 5_000
	var h Histogram
	var latest atomic.Int64
	var group sync.WaitGroup
	for i := range recorders {
		group.Go(func() {
			for range each {
				d := time.Duration(latest.Add(1))
				if i%2 == 0 {
					h.RecordRun(d, 1, 1, 1)
				} else {
					h.Record(d, 1)
				}
				if got := h.Max(); got < d {
					t.Errorf("after %v was recorded the longest is %v", d, got)
				}
			}
		})
	}
	group.Wait()
	const n = recorders * each
	c, want := h.Counts(), n*(n+1)/2e9
	if c.Count() != n || math.Abs(c.sum/want-1) > 1e-9 || h.Max() != n {
		t.Errorf("%d to %v with the sum %v, want %d to %v with %v", c.Count(), h.Max(), c.sum, n, time.Duration(n), want)
	}
}

func TestRecordAllocatesNothing(t *testing.T) {
	var h Histogram
	if n := testing.AllocsPerRun(100, func() { h.Record(time.Millisecond, 1); h.RecordRun(time.Second, time.Millisecond, 900, 1) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func FuzzRun(f *testing.F) {
	f.Add(int64(time.Second), int64(time.Millisecond), uint64(1000))
	f.Add(int64(math.MaxInt64), int64(1), uint64(math.MaxInt64))
	f.Add(int64(-1), int64(-1), uint64(7))
	f.Fuzz(func(t *testing.T, longest, step int64, count uint64) {
		var h Histogram
		h.RecordRun(time.Duration(longest), time.Duration(step), count, 1)
		if c := h.Counts(); c.Count() != count {
			t.Errorf("%d of %d were counted", c.Count(), count)
		}
	})
}
