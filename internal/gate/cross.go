package gate

import (
	"context"
	"errors"
	"time"

	"github.com/govitals/govitals/internal/chunks"
)

// maxStall is how long a client may take over one chunk.
const maxStall = 30 * time.Second

var (
	errAlone   = errors.New("gate: the page is larger than MaxBody and goes to another client")
	errNobody  = errors.New("gate: the page is larger than MaxBody and nobody is there to read it")
	errStalled = errors.New("gate: the client did not read for 30 s")
)

// cross is called when a page turns out to be larger than MaxBody. From here on
// it is for the client that has been there longest; the list of all others ends.
// It has a list of its own, because a client that is cut off and stands still
// would hold on to whatever follows on the list it is on.
func (s *stream) cross() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := chunks.New()
	s.crossed = true
	for _, c := range s.clients {
		c.seat.Forget() // whoever comes now gets a rendering of its own
		if s.exclusive == nil && !c.headOnly {
			s.exclusive, c.rest = c, rest
			continue
		}
		c.stopWaiting()
		c.seat.Leave() // it may be stuck, and must not keep the rendering going
	}
	s.clients = nil
	s.tail.Cut()
	s.tail = rest
	if s.exclusive == nil {
		return errNobody
	}
	s.clients = []*client{s.exclusive}
	return nil
}

// waitForClient waits until no more than MaxBody is on its way to the one
// client of a large page.
func (s *stream) waitForClient() error {
	c := s.exclusive
	if c == nil || s.hasRoom(c) {
		return nil
	}
	defer func(start time.Time) { s.stood += time.Since(start) }(time.Now())
	timer := time.NewTimer(maxStall)
	defer timer.Stop()
	for !s.hasRoom(c) {
		select {
		case <-c.took:
			timer.Reset(maxStall)
		case <-s.ctx.Done():
			return context.Cause(s.ctx)
		case <-timer.C:
			c.seat.Leave()
			return errStalled
		}
	}
	return nil
}

func (s *stream) hasRoom(c *client) bool {
	return s.size+int64(len(s.buf))-c.taken.Load() <= MaxBody
}
