package cardinality_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/cardinality"
)

// traffic sends lookups for a time: some routes with a share of 1 % each, the rest
// junk that is never seen again. It returns how many there were.
func traffic(v *cardinality.Vec[*counter], last time.Duration, routes int, junk *int) (n int64) {
	for end := time.Now().Add(last); time.Now().Before(end); time.Sleep(4 * time.Second) {
		for i := range 100 {
			if i < routes {
				v.With("/route/" + strconv.Itoa(i)).Add(1)
			} else {
				*junk++
				v.With(pathNumber(*junk)).Add(1)
			}
			n++
		}
	}
	return n
}

// A burst of junk fills the cap before the real routes come. Each with 1 % of the
// traffic, which goes on to be junk, has its own set within twice Retention.
func TestRealRoutesGetIn(t *testing.T) {
	for name, options := range map[string][]cardinality.Option{
		"MaxSets":   {cardinality.MaxSets(200)},
		"MaxValues": {cardinality.MaxSets(2000), cardinality.MaxValues("path", 200)},
		"MaxBytes":  {cardinality.MaxBytes(200 * 1300)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { routesGetIn(t, options) })
		})
	}
}

func routesGetIn(t *testing.T, options []cardinality.Option) {
	v := cardinality.NewVec([]string{"path"}, newCounter, options...)
	junk := 0
	for range 2000 {
		junk++
		v.With(pathNumber(junk)).Add(1)
	}
	n := 2000 + traffic(v, 2*cardinality.DefaultRetention, 20, &junk)
	for i := range 20 {
		if _, ok := v.Peek("/route/" + strconv.Itoa(i)); !ok {
			t.Errorf("route %d has no set of its own: %+v", i, v.Guard().Stats())
		}
	}
	want(t, "total", total(v), n)
	s := v.Guard().Stats()
	want(t, "promoted", s.Promoted, 20)
	if s.Sets > 200+13 {
		t.Errorf("%d sets", s.Sets)
	}
}

// Before Retention is over nobody loses a place, and later only who is not used.
func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const retention = 3 * time.Minute
		v := cardinality.NewVec([]string{"path"}, newCounter, cardinality.MaxSets(20), cardinality.Retention(retention))
		for i := range 20 {
			v.With("/old/" + strconv.Itoa(i)).Add(1)
		}
		junk := 0
		traffic(v, retention-time.Second, 20, &junk)
		want(t, "demoted before Retention", v.Guard().Stats().Demoted, 0)
		for range 8 { // half of the old ones are used again every minute
			for i := range 10 {
				v.With("/old/" + strconv.Itoa(i)).Add(1)
			}
			traffic(v, time.Minute, 20, &junk)
		}
		want(t, "demoted", v.Guard().Stats().Demoted, 10)
		for i := range 10 {
			if _, ok := v.Peek("/old/" + strconv.Itoa(i)); !ok {
				t.Errorf("/old/%d lost its place although it is used", i)
			}
		}
	})
}

// lively is a counter that callers keep and do not look up again.
type lively struct{ counter }

func (l *lively) Fold(into *lively) { l.counter.Fold(&into.counter) }
func (l *lively) Activity() uint64  { return uint64(l.n.Load()) }

func TestKeptChildrenAreInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := cardinality.NewVec([]string{"path"}, func([]string) *lively { return new(lively) }, cardinality.MaxSets(2))
		kept := v.With("/kept")
		v.With("/left")
		for range 600 {
			kept.Add(1)
			for range 3 {
				v.With("/new").Add(1)
			}
			time.Sleep(time.Second)
		}
		_, ok := v.Peek("/kept")
		want(t, "/kept in its place", ok, true)
		_, ok = v.Peek("/left")
		want(t, "/left in its place", ok, false)
		_, ok = v.Peek("/new")
		want(t, "/new in its place", ok, true)
	})
}

// retiring checks the order of calls.
type retiring struct {
	counter
	retired bool
	t       *testing.T
}

func (r *retiring) Retire() {
	if r.retired {
		r.t.Error("retired twice")
	}
	r.retired = true
}

func (r *retiring) Fold(into *retiring) {
	if !r.retired || into.retired {
		r.t.Errorf("folded before Retire, or into one that is retired")
	}
	r.counter.Fold(&into.counter)
}

// What a goroutine records that looked the set up just before it was demoted is
// found in the overflow.
func TestLateObservation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := cardinality.NewVec([]string{"path"}, func([]string) *retiring { return &retiring{t: t} }, cardinality.MaxSets(1))
		late := v.With("/old")
		for v.Guard().Stats().Demoted == 0 {
			v.With("/new").Add(1)
			time.Sleep(time.Second)
		}
		want(t, "retired", late.retired, true)
		sum := func() (n int64) {
			for _, c := range v.All() {
				n += c.n.Load()
			}
			return n
		}
		before := sum()
		late.Add(5)
		want(t, "total with the late ones", sum(), before+5)
		for range 60 {
			v.With("/new").Add(1)
			time.Sleep(time.Second)
		}
		want(t, "total after the place was given away", sum(), before+65)
		_, ok := v.Peek("/new")
		want(t, "/new in the place", ok, true)
	})
}

// Children that cannot be folded keep their places.
func TestWithoutFoldNobodyLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := cardinality.NewVec([]string{"path"}, newPlain, cardinality.MaxSets(1))
		v.With("/old")
		for range 1000 {
			v.With("/new").n.Add(1)
			time.Sleep(time.Second)
		}
		_, ok := v.Peek("/old")
		want(t, "/old in its place", ok, true)
	})
}

// A loop over all sets that takes long holds off demotion, and nothing else.
func TestSlowLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := cardinality.NewVec([]string{"path"}, newCounter, cardinality.MaxSets(1))
		v.With("/old").Add(1)
		for range v.All() {
			for range 1000 {
				v.With("/new").Add(1)
				time.Sleep(time.Second)
			}
			want(t, "demoted during the loop", v.Guard().Stats().Demoted, 0)
			break
		}
		for range 60 {
			v.With("/new").Add(1)
			time.Sleep(time.Second)
		}
		_, ok := v.Peek("/new")
		want(t, "/new has its place after the loop", ok, true)
		want(t, "total", total(v), 1061)
	})
}
