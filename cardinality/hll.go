package cardinality

import (
	"math"
	"math/bits"
	"sync/atomic"
)

// hll estimates how many different hashes it was given (HyperLogLog, Flajolet et
// al. 2007) with a standard error of 1.04/√8192 = 1.15 %, in 8 KiB.
type hll struct {
	words [1 << hllBits / 4]atomic.Uint32 // four registers each
}

const (
	hllBits = 13
	hllRest = 64 - hllBits // bits that the rank is counted in
)

// add reports whether the hash changed the estimate. As a rule it does not: then one
// register was read. Its value is the most zeros that a rest began with, and one.
func (h *hll) add(hash uint64) bool {
	register := h.words[hash>>(hllRest+2)].Load() >> (hash >> hllRest % 4 * 8) & 0xff
	return restOf(hash)>>(64-register) == 0 && h.raise(hash)
}

// restOf returns what of a hash does not choose the register, and a bit behind it.
func restOf(hash uint64) uint64 { return hash<<hllBits | 1<<(hllBits-1) }

func (h *hll) raise(hash uint64) bool {
	rank := uint32(bits.LeadingZeros64(restOf(hash))) + 1
	word, shift := &h.words[hash>>(hllRest+2)], hash>>hllRest%4*8
	for {
		old := word.Load()
		if old>>shift&0xff >= rank {
			return false
		}
		if word.CompareAndSwap(old, old&^(0xff<<shift)|rank<<shift) {
			return true
		}
	}
}

// estimate uses the estimator of Ertl ("New cardinality estimation algorithms for
// HyperLogLog sketches", 2017, algorithm 6), which is not biased at any size.
func (h *hll) estimate() uint64 {
	const registers = 1 << hllBits
	var counts [hllRest + 2]float64
	for i := range h.words {
		word := h.words[i].Load()
		for shift := 0; shift < 32; shift += 8 {
			counts[word>>shift&0xff]++
		}
	}
	z := registers * hllTau(1-counts[hllRest+1]/registers)
	for k := hllRest; k > 0; k-- {
		z = (z + counts[k]) / 2
	}
	z += registers * hllSigma(counts[0]/registers)
	return uint64(math.Round(registers * registers / (2 * math.Ln2 * z)))
}

func hllSigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	z := x
	for y := 1.0; ; y *= 2 {
		x *= x
		before := z
		z += x * y
		if z == before {
			return z
		}
	}
}

func hllTau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	z := 1 - x
	for y := 0.5; ; y /= 2 {
		x = math.Sqrt(x)
		before := z
		z -= (1 - x) * (1 - x) * y
		if z == before {
			return z / 3
		}
	}
}
