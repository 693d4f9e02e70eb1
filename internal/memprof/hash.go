package memprof

// Each step of hashStack is a bijection of the running value, so stacks of one
// length that differ in a single frame never collide. For any two stacks the
// odds are 2^-64, for all pairs of 131,072 stacks 5e-10: equal hashes are taken
// for equal stacks without comparing them.
const (
	hashStart    = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio, odd
	hashMultiply = 0xd6e8feb86659fd93 // odd, about half of its bits set
)

// hashStack returns the identity of a stack. It holds within one process only:
// addresses change with each build and each start.
func hashStack(stack []uintptr) uint64 {
	h := uint64(hashStart) + uint64(len(stack))
	for _, pc := range stack {
		h = (h ^ uint64(pc)) * hashMultiply
		h ^= h >> 32
	}
	h *= hashMultiply
	return h ^ h>>29
}
