package gate

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/chunks"
)

const (
	// firstChunk is also how much of a page is held back until it is certain
	// that rendering does not fail at once: an error before that is answered
	// in words. Further chunks grow to maxChunk, because each one wakes every
	// client.
	firstChunk = 32 << 10
	maxChunk   = 1 << 20
)

// rendering is what a flight hands out: a stream and its beginning. Only the
// flight holds it, so that a stream which nobody may begin to read any more has
// no beginning to hold on to.
type rendering struct {
	first  *chunks.Chunk
	stream *stream
}

// stream is a page while it is rendered and after. The fields above mu belong
// to the goroutine that renders.
type stream struct {
	page  Page
	ctx   context.Context // of the rendering
	tail  *chunks.Chunk
	buf   []byte        // the chunk after tail
	err   error         // the first error of Write
	begun bool          // a chunk was published
	was   string        // the tag before Render was called
	stood time.Duration // how long rendering has waited for its one client

	// tag is that of the bytes, "" if it is not certain. It may be read by
	// those who have seen the first chunk.
	tag string

	mu        sync.Mutex
	size      int64 // published bytes
	held      int   // bytes of memory that they take
	complete  bool  // the last chunk is published
	ended     bool  // nothing more will be published
	crossed   bool  // larger than MaxBody
	clients   []*client
	exclusive *client // goes on when the others are cut off
}

func newRendering(p Page) *rendering {
	first := chunks.New()
	return &rendering{first: first, stream: &stream{page: p, tail: first}}
}

// Write implements [io.Writer].
func (s *stream) Write(p []byte) (written int, err error) {
	for written < len(p) && s.err == nil {
		n := s.fill(p[written:])
		written += n
		switch {
		case n == 0:
			s.err = s.cross()
		case len(s.buf) == cap(s.buf):
			s.err = s.publish(false)
		}
	}
	return written, s.err
}

// fill puts bytes of p into buf. It returns 0 where a shared page has no room.
func (s *stream) fill(p []byte) int {
	if s.buf == nil {
		s.buf = make([]byte, 0, chunks.NextSize(cap(s.tail.Data), firstChunk, maxChunk))
	}
	n := min(len(p), cap(s.buf)-len(s.buf))
	if s.exclusive == nil {
		n = min(n, MaxBody-int(s.size)-len(s.buf))
	}
	s.buf = append(s.buf, p[:n]...)
	return n
}

// publish appends buf to the list.
func (s *stream) publish(last bool) error {
	if err := s.waitForClient(); err != nil {
		return err
	}
	s.settleTag()
	s.mu.Lock()
	s.size += int64(len(s.buf))
	s.held += cap(s.buf)
	s.complete = last
	s.mu.Unlock()
	s.tail = s.tail.Append(s.buf, last)
	s.buf = nil
	return nil
}

// settleTag finds out, when the first chunk is published, whether the bytes
// have the tag that was true when rendering began.
func (s *stream) settleTag() {
	if !s.begun && s.was != "" {
		if now, err := s.page.tag(); err == nil && now == s.was {
			s.tag = now
		}
	}
	s.begun = true
}

// finish publishes the rest of the page.
func (s *stream) finish() error {
	if len(s.buf) <= cap(s.buf)/2 {
		s.buf = bytes.Clone(s.buf) // a small page may be kept for long
	}
	return s.publish(true)
}

// end is called when nothing more will be published, for whatever reason. Who
// waited for the page no longer does, and what it takes is known.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for _, c := range s.clients {
		c.stopWaiting()
		c.hold(min(s.size, MaxBody))
	}
	s.clients = nil
}

// isPast reports whether the page is complete and not to be reused: it shows what was
// before a request that comes now.
func (s *stream) isPast() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.complete && s.page.reuse() <= 0
}
