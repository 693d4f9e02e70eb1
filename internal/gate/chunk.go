package gate

import "github.com/govitals/govitals/internal/chunks"

const (
	// firstChunk is also how much of a page is held back until it is certain
	// that rendering does not fail at once: an error before that is answered
	// in words. Further chunks grow to maxChunk, because each one wakes every
	// client.
	firstChunk = 32 << 10
	maxChunk   = 1 << 20
)

// nextSize is the size of the chunk after one of the given size.
func nextSize(size int) int { return chunks.NextSize(size, firstChunk, maxChunk) }
