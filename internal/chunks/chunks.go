// Package chunks is a body of bytes that one goroutine writes and any number
// read while it grows:
//
//	first := chunks.New()
//	tail := first.Append(data, false) // by the writer
//
//	at := first                       // by each reader
//	select {
//	case <-at.Grown():
//		at = at.Next()
//		w.Write(at.Data)
//	case <-ctx.Done():
//	}
//
// The chunks form a linked list. Nothing in it changes once a reader can see it,
// so readers walk along without a lock, and none holds up another. What every
// reader has passed is garbage, unless somebody holds the first chunk.
//
// # Cost
//
// A chunk costs a channel and its own header, about 150 bytes; the data is not
// copied. Publishing one wakes every reader that waits, some 200 ns each: let
// chunks grow, with [NextSize].
//
// # What it cannot see
//
// How far behind a reader is: one that stands still holds all that comes after
// its chunk. A bound on that is the writer's business.
package chunks

// Chunk is a part of a body. Data and Last are set before it is in the list and
// never change.
type Chunk struct {
	// Data is read by everyone and must not be written to.
	Data []byte
	// Last says that the body ends with this chunk.
	Last bool

	grown chan struct{} // closed after next was set
	next  *Chunk
}

// New returns the empty chunk before the first one.
func New() *Chunk { return &Chunk{grown: make(chan struct{})} }

// Append puts a chunk behind c and returns it. Only the writer calls it, once
// for each chunk.
func (c *Chunk) Append(data []byte, last bool) *Chunk {
	c.next = &Chunk{Data: data, Last: last, grown: make(chan struct{})}
	close(c.grown)
	return c.next
}

// Cut ends the list behind c, in place of Append: Next will return nil.
func (c *Chunk) Cut() { close(c.grown) }

// Grown is closed as soon as it is known what follows c.
func (c *Chunk) Grown() <-chan struct{} { return c.grown }

// HasGrown reports whether it is known what follows c.
func (c *Chunk) HasGrown() bool {
	select {
	case <-c.grown:
		return true
	default:
		return false
	}
}

// Next returns the chunk behind c, nil if the list was cut there. It may be
// called once Grown is closed.
func (c *Chunk) Next() *Chunk { return c.next }

// NextSize is the size of the buffer after one of the given size: each is twice
// as large as the one before, from first to most.
func NextSize(size, first, most int) int { return min(max(2*size, first), most) }
