package cardinality

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// The estimator against counting, over sizes at which plain HyperLogLog is biased.
func TestHLLAgainstCounting(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var squares float64
	runs := 0
	for _, n := range []int{0, 1, 100, 8192, 20_000, 40_000, 80_000} {
		for range 3 {
			h := new(hll)
			for range n {
				hash := random.Uint64()
				h.add(hash)
				h.add(hash)
			}
			off := (float64(h.estimate()) - float64(n)) / float64(max(n, 1))
			if math.Abs(off) > 0.05 {
				t.Errorf("%d: estimated %d", n, h.estimate())
			}
			squares += off * off
			runs++
		}
	}
	if deviation := math.Sqrt(squares / float64(runs)); deviation > 0.0115*1.5 {
		t.Errorf("deviation %.4f, want 0.0115 as in the paper", deviation)
	}
}

// The table against a map, with readers that look up what is there all the time.
func TestTableAgainstMap(t *testing.T) {
	v := NewVec([]string{"a"}, func([]string) int { return 0 })
	table := newTable[int](0)
	made := map[string]*entry[int]{}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		value := strconv.Itoa(random.IntN(500))
		q := v.queryOf(&entry[int]{values: []string{value}})
		e := made[value]
		if got := table.find(v.guard.hash.set(q, 0), 0, q.values); got != e {
			t.Fatalf("found %v for %s, want %v", got, value, e)
		}
		if e != nil && table.lacks(e.hash) {
			t.Fatalf("the table says that it lacks %s", value)
		}
		if e == nil {
			made[value] = v.newEntry(q, 0)
			table = table.add(made[value])
		} else {
			delete(made, value)
			table.remove(e)
		}
		if table.live != len(made) || len(table.slots) > 2048 {
			t.Fatalf("%d live of %d in %d slots", table.live, len(made), len(table.slots))
		}
	}
}

func TestHashSetAgainstMap(t *testing.T) {
	var set hashSet
	there := map[uint64]bool{}
	random := rand.New(rand.NewPCG(1, 2))
	hashes := make([]uint64, 500)
	for i := range hashes {
		hashes[i] = random.Uint64() | firstHash
	}
	for range 20_000 {
		hash := hashes[random.IntN(len(hashes))]
		if set.has(hash) != there[hash] {
			t.Fatalf("%x: has says %v", hash, set.has(hash))
		}
		if there[hash] {
			set.remove(hash)
		} else {
			set.add(hash)
		}
		there[hash] = !there[hash]
	}
	if n := len(*set.slots.Load()); n > 2048 {
		t.Errorf("%d slots for 500 hashes", n)
	}
}

// A table knows of most hashes at once that it does not have them.
func TestTableLacks(t *testing.T) {
	v := NewVec([]string{"a"}, func([]string) int { return 0 })
	for i := range 1000 {
		v.With(strconv.Itoa(i))
	}
	unsure, random := 0, rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		if !v.table.Load().lacks(random.Uint64()) {
			unsure++
		}
	}
	if unsure > 10_000 { // 1,000 bits of 32,768 are 3 %
		t.Errorf("a table of 1,000 is not sure of %d out of 100,000", unsure)
	}
}

// Values that all collide in FNV-1a, which has no secret, do not collide here, and
// not in the same way in two vecs.
func TestHashFlood(t *testing.T) {
	var attack []string
	for i := 0; len(attack) < 1000; i++ {
		value := "x" + strconv.Itoa(i)
		hash := uint64(14695981039346656037)
		for _, c := range []byte(value) {
			hash = (hash ^ uint64(c)) * 1099511628211
		}
		if hash%256 == 0 {
			attack = append(attack, value)
		}
	}
	orders := [2]string{}
	for i := range orders {
		v := NewVec([]string{"a"}, func([]string) int { return 0 }, MaxSets(2000))
		for _, value := range attack {
			v.With(value)
		}
		if n := longestRun(v.table.Load()); n > 100 {
			t.Errorf("a lookup may look at %d slots", n)
		}
		for values := range v.All() {
			orders[i] += values[0] + " "
		}
	}
	if orders[0] == orders[1] {
		t.Error("two vecs hash alike: the seed is not random")
	}
}

// longestRun returns the most slots in a row that are taken.
func longestRun[T any](t *table[T]) (longest int) {
	run := 0
	for i := range 2 * len(t.slots) {
		if t.slots[i%len(t.slots)].hash.Load() == empty {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// A space-saving summary never says less than at most, and never more than at least.
func TestSketchBounds(t *testing.T) {
	s := new(sketch)
	random := rand.New(rand.NewPCG(1, 2))
	truth := map[uint64]float32{}
	for range 50_000 {
		hash := random.Uint64()
		if random.IntN(10) == 0 {
			hash = uint64(random.IntN(10)) * 0x9E3779B97F4A7C15
		}
		truth[hash]++
		if often := s.add(hash); often && truth[hash] < leastHits {
			t.Fatalf("%x came %v times and counts as frequent", hash, truth[hash])
		}
	}
	found := 0
	for _, bucket := range s.buckets {
		for _, c := range bucket {
			if n := truth[c.hash]; n > c.count || n < c.count-c.floor {
				t.Errorf("%x came %v times, bounds are %v and %v", c.hash, n, c.count-c.floor, c.count)
			}
			if c.often(s.total) {
				found++
			}
		}
	}
	if found != 10 {
		t.Errorf("%d frequent ones found, want 10", found)
	}
}

// Two misses out of any period that traffic may have are sampled alike.
func TestSamplingHasNoPeriod(t *testing.T) {
	for _, period := range []int{1, 2, 3, 16, 64} {
		v := NewVec([]string{"a"}, func([]string) int { return 0 })
		v.guard.sampling.Store(sampleSome)
		counts := make([]int, period)
		for i := range 64_000 {
			if v.guard.sampled(0) {
				counts[i%period]++
			}
		}
		for i, n := range counts {
			if want := 1000 / period; n < want/2 || n > 2*want {
				t.Errorf("period %d: lookup %d was sampled %d times, want about %d", period, i, n, want)
			}
		}
	}
}

func TestShapes(t *testing.T) {
	for text, want := range map[string]Shape{
		"":                                     ShapeUnknown,
		"GET":                                  ShapeUnknown,
		"users":                                ShapeUnknown,
		"v1":                                   ShapeUnknown,
		"42":                                   ShapeID,
		"20240131":                             ShapeID,
		"9876543210":                           ShapeID,
		"1732184400":                           ShapeTimestamp,
		"1732184400123":                        ShapeTimestamp,
		"2024-11-21T10:20:00Z":                 ShapeTimestamp,
		"2024-11-21 10:20:00.5+01:00":          ShapeTimestamp,
		"2024-13-41T10:20:00Z":                 ShapeUnknown,
		"10.1.2.3":                             ShapeIP,
		"10.1.2.3:8080":                        ShapeIP,
		"[2001:db8::1]:443":                    ShapeIP,
		"2001:db8::1":                          ShapeIP,
		"1.2.3":                                ShapeUnknown,
		"3f2504e0-4f89-11d3-9a0c-0305e82c3301": ShapeUUID,
		"3F2504E0-4F89-11D3-9A0C-0305E82C3301": ShapeUUID,
		"3f2504e0-4f89-11d3-9a0c-0305e82c330":  ShapeUnknown,
		"da39a3ee5e6b4b0d3255bfef95601890afd8": ShapeHash,
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9": ShapeHash,
		"internationalization":                 ShapeUnknown,
		"deadbeefdeadbeef":                     ShapeUnknown, // a word of letters might be one
		"user-profile-settings-page":           ShapeUnknown,
		strings.Repeat("a1", 100):              ShapeUnknown,
	} {
		if got := shapeOf(text); got != want {
			t.Errorf("%q looks like %q, want %q", text, got, want)
		}
	}
}

func TestRouteTemplate(t *testing.T) {
	for path, want := range map[string]string{
		"":                         "",
		"/":                        "/",
		"/users":                   "/users",
		"/users/42":                "/users/{id}",
		"/users/42/":               "/users/{id}/",
		"/v1/users/42?x=1#top":     "/v1/users/{id}",
		"/a/10.0.0.1/b/1732184400": "/a/{ip}/b/{timestamp}",
		"42":                       "{id}",
		"//42//":                   "//{id}//",
		"/users/{id}":              "/users/{id}",
	} {
		if got := RouteTemplate(path); got != want {
			t.Errorf("%q becomes %q, want %q", path, got, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { RouteTemplate("/api/v1/users/all") }); n != 0 {
		t.Errorf("%v allocations for a path that stays as it is", n)
	}
}

func FuzzRouteTemplate(f *testing.F) {
	f.Add("/users/42/files/3f2504e0-4f89-11d3-9a0c-0305e82c3301?x")
	f.Add("//%ff//\xff/1")
	f.Fuzz(func(t *testing.T, path string) {
		once := RouteTemplate(path)
		if twice := RouteTemplate(once); twice != once {
			t.Errorf("%q becomes %q and then %q", path, once, twice)
		}
		if strings.Count(once, "/") > strings.Count(path, "/") || strings.ContainsAny(once, "?#") {
			t.Errorf("%q becomes %q", path, once)
		}
	})
}

// Whatever two goroutines pass, nothing panics, nothing is lost, and what is shown
// is fit for a metric.
func FuzzWith(f *testing.F) {
	f.Add("GET", "/a", uint8(3))
	f.Add("(other)", "_(other)", uint8(1))
	f.Add("\xff\xfe", strings.Repeat("y", 1<<20), uint8(2))
	f.Add("", "", uint8(0))
	f.Add(strings.Repeat("\xffa", 500), "/a", uint8(3)) // repaired it is too long
	f.Fuzz(func(t *testing.T, a, b string, cap uint8) {
		v := NewVec([]string{"a", "b"}, newTally, MaxSets(1+int(cap)), MaxValues("a", 2), Normalize("b", RouteTemplate))
		inputs := [][]string{{a, b}, {b, a}, {a}, {a, b, a}, {a, a}, {b, b}, {"x", b}, {a + "x", b}, {a + "y", b}, {}}
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() {
				for _, values := range inputs {
					v.With(values...).n.Add(1)
				}
			})
		}
		group.Wait()
		checkSets(t, v, int64(2*len(inputs)))
		v.Delete(a, b)
		v.Delete(v.guard.config.marker, b)
		v.Peek(a, b)
		v.Guard().Findings()
		v.Reset()
		checkSets(t, v, 0)
	})
}
