package gate

const (
	// firstChunk is also how much of a page is held back until it is certain
	// that rendering does not fail at once: an error before that is answered
	// in words. Further chunks grow to maxChunk, because each one wakes every
	// client.
	firstChunk = 32 << 10
	maxChunk   = 1 << 20
)

// chunk is a part of a page. Chunks form a list that grows at its end while
// the page is rendered. data and last are set before the chunk is in the list,
// next before grown is closed, and nothing changes after that: clients walk
// along the list without a lock, and what they have all passed is garbage.
type chunk struct {
	data  []byte
	last  bool
	grown chan struct{} // closed when it is known what follows
	next  *chunk        // nil: what follows is for one client, see stream.cross
}

// newList returns the empty chunk before the first one.
func newList() *chunk { return &chunk{grown: make(chan struct{})} }

// nextSize is the size of the chunk after one of the given size.
func nextSize(size int) int { return min(max(2*size, firstChunk), maxChunk) }
