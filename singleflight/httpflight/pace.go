package httpflight

import (
	"errors"

	"github.com/govitals/govitals/internal/flight"
)

const (
	// crossedBuffer is the size of buffers, ahead that of what may be published
	// and not taken by the fastest follower, and maxLag how far another may be
	// behind what is published, once a body is too large to be shared.
	crossedBuffer = 256 << 10
	ahead         = 1 << 20
	maxLag        = 8 << 20
)

var (
	errCut  = errors.New("the client reads too slowly for a body that is not kept")
	errGone = errors.New("the client does not take the answer")
)

// cross is called when a body turns out to be too large. It goes on for those
// who have joined, at the pace of the fastest.
func (s *stream) cross() {
	s.crossed.Store(true)
	s.forget()
	s.handler.counts.crossed.Add(1)
}

// keepPace waits until n more bytes of a crossed body may be published. Who is
// far behind is cut off: it would hold everything that follows in memory.
func (s *stream) keepPace(n int) error {
	if !s.crossed.Load() {
		return s.err()
	}
	s.silence.Stop() // it is not the origin that is silent
	defer s.silence.Reset(s.handler.config.LoadTimeout)
	for !s.hasRoom(n) {
		if s.background && !s.isRead() {
			s.abort(flight.ErrAbandoned) // it is of no use to anybody
		}
		select {
		case <-s.room:
		case <-s.aborted:
			return s.err()
		}
	}
	return s.err()
}

// err returns why the load was given up.
func (s *stream) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// hasRoom reports whether the fastest follower is near enough, and cuts off the
// slow ones if so.
func (s *stream) hasRoom(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	fastest := int64(0)
	for f := range s.followers {
		fastest = max(fastest, f.taken.Load())
	}
	if s.size+int64(n)-fastest > max(ahead, int64(n)) {
		return false
	}
	for f := range s.followers {
		if s.size-f.taken.Load() > max(maxLag, s.size-fastest) {
			f.cutOff()
		}
	}
	return true
}

// hasTaken tells the load of a crossed body that f has read bytes.
func (f *follower) hasTaken(bytes int) {
	f.taken.Add(int64(bytes))
	if f.stream.crossed.Load() {
		f.stream.wake()
	}
}

func (s *stream) wake() {
	select {
	case s.room <- struct{}{}:
	default:
	}
}
