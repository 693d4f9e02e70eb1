package cardinality

import (
	"math"
	"math/bits"
	"strings"
	"testing"
)

// Values that differ little, of all the lengths that are hashed in different ways,
// spread over slots as random numbers do, and no two of them collide.
func TestHashSpreads(t *testing.T) {
	const alphabet, slots = "0123456789abcdefghijklmnopqrstuvwxyz", 1024
	for _, length := range []int{2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100} {
		h, seen, counts, n := newHasher(), map[uint64]string{}, [slots]float64{}, 0
		for at := 0; at < length-1; at += max(1, length/7) {
			for i := range len(alphabet) * len(alphabet) {
				value := strings.Repeat("0", at) + alphabet[i/36:i/36+1] + alphabet[i%36:i%36+1] + strings.Repeat("0", length-at-2)
				hash := h.of(value)
				if other, known := seen[hash]; known && other != value {
					t.Errorf("%q and %q have the same hash", value, other)
				} else if !known {
					seen[hash] = value
					counts[hash>>54]++
					n++
				}
			}
		}
		mean, chi2 := float64(n)/slots, 0.0
		for _, count := range counts {
			chi2 += (count - mean) * (count - mean) / mean
		}
		if limit := slots - 1 + 6*math.Sqrt(2*(slots-1)); chi2 > limit {
			t.Errorf("%d values of length %d: chi² over %d slots is %.0f, of random numbers it is below %.0f", n, length, slots, chi2, limit)
		}
	}
}

// A bit that changes in a value changes half of the hash.
func TestHashMixes(t *testing.T) {
	h := newHasher()
	for _, length := range []int{1, 3, 4, 7, 8, 12, 16, 17, 24, 32, 33} {
		changed, n := 0, 0
		for seed := range 50 {
			value := []byte(strings.Repeat(string(rune('a'+seed%26)), length))
			before := h.of(string(value))
			for bit := range 8 * length {
				value[bit/8] ^= 1 << (bit % 8)
				changed += bits.OnesCount64(before ^ h.of(string(value)))
				value[bit/8] ^= 1 << (bit % 8)
				n++
			}
		}
		if share := float64(changed) / float64(64*n); share < 0.45 || share > 0.55 {
			t.Errorf("length %d: a bit of the value changes %.3f of the hash", length, share)
		}
	}
}

// Two hashers have nothing in common: what collides in one process does not in
// another.
func TestHashIsSecret(t *testing.T) {
	a, b := newHasher(), newHasher()
	for _, value := range []string{"", "a", "GET", "/orders/1", "/api/v1/resource/1", strings.Repeat("x", 40)} {
		if a.of(value) == b.of(value) {
			t.Errorf("%q has the same hash in both", value)
		}
	}
}

// Sets of the same few values in other places have other hashes, and it does not matter
// whether a marker was there from the start.
func TestHashOfSets(t *testing.T) {
	const labels, values = 4, 12
	h, seen := newHasher(), map[uint64][labels]int{}
	set := func(tuple [labels]int, masked uint64) uint64 {
		q := query{hashes: make([]uint64, labels)}
		for i, value := range tuple {
			if masked>>i&1 == 0 {
				h.put(&q, i, h.of("value"+string(rune('a'+value))))
			}
		}
		return h.set(&q, masked)
	}
	for n := range values * values * values * values {
		tuple := [labels]int{n % values, n / values % values, n / values / values % values, n / values / values / values}
		hash := set(tuple, 0)
		if other, known := seen[hash]; known {
			t.Fatalf("%v and %v have the same hash", tuple, other)
		}
		seen[hash] = tuple
		if n%97 == 0 {
			q := query{hashes: make([]uint64, labels)}
			for i, value := range tuple {
				h.put(&q, i, h.of("value"+string(rune('a'+value))))
			}
			if masked := uint64(n % (1 << labels)); h.set(&q, masked) != set(tuple, masked) {
				t.Fatalf("%v: the hash with the marker for %b depends on what it replaced", tuple, masked)
			}
		}
	}
}
