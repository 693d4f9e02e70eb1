package cardinality

import (
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
)

// hasher hashes label values with secrets of its own, so that nobody outside can
// find two values that collide.
type hasher struct {
	keys  [3]uint64
	turns [maxLabels]uint64 // for each label, odd: what the hash of its value is multiplied by in that of a set
	seed  maphash.Seed
}

func newHasher() hasher {
	h := hasher{keys: [3]uint64{rand.Uint64(), rand.Uint64(), rand.Uint64()}, seed: maphash.MakeSeed()}
	for i := range h.turns {
		h.turns[i] = rand.Uint64() | 1
	}
	return h
}

// of hashes a short value, as most are, by two multiplications of its parts with
// secrets: what the runtime does where there are no instructions for AES
// (GOROOT/src/runtime/hash64.go), and twice as fast as the call of maphash, which
// takes a quarter of a lookup.
func (h *hasher) of(value string) uint64 {
	var a, b uint64
	n := len(value)
	switch {
	case n > 32:
		return maphash.String(h.seed, value)
	case n > 16:
		a, b = eight(value[n-16:]), eight(value[n-8:])
		a ^= fold(eight(value)^h.keys[0], eight(value[8:])^h.keys[1])
	case n >= 8:
		a, b = eight(value), eight(value[n-8:])
	case n >= 4:
		a, b = four(value), four(value[n-4:])
	case n > 0:
		a = uint64(value[0]) | uint64(value[n>>1])<<8 | uint64(value[n-1])<<16
	}
	return fold(h.keys[2]^uint64(n), fold(a^h.keys[0], b^h.keys[1]))
}

// fold returns the halves of a product in one.
func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}

// eight and four are loads: the compiler joins the bytes.

func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func four(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}
