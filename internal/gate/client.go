package gate

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/govitals/govitals/internal/chunks"
	"github.com/govitals/govitals/internal/flight"
)

// client is a request for a page that is rendered or ready.
type client struct {
	gate     *Gate
	headOnly bool
	stream   *stream
	seat     *flight.Seat[pageKey, *rendering] // nil if the page was ready
	leads    bool                              // its request started the rendering
	at       *chunks.Chunk

	// Under stream.mu as long as it is one of stream.clients:
	waits bool  // counts in Gate.asking
	holds int64 // counts in Gate.sending

	// For the one client of a page larger than MaxBody:
	rest  *chunks.Chunk
	taken atomic.Int64
	took  chan struct{} // has an element after taken has grown
}

// enter returns a client for p: at once if the page is ready and needs no token
// or there is one, else with one of the few places of those who wait. It must
// leave in any case.
func (g *Gate) enter(r *http.Request, key pageKey, p Page) (*client, error) {
	c := &client{gate: g, headOnly: r.Method == http.MethodHead, took: make(chan struct{}, 1)}
	ready, _, ok := g.flights.Lookup(key)
	if ok && (c.headOnly || hasCurrent(r, ready.stream.tag) || g.sends.tryTake()) {
		return c, c.attach(ready)
	}
	c.waits = true
	if g.asking.Add(1) > 1+maxWaiting {
		return c, errBusy
	}
	if err := g.sends.take(r.Context(), 1); err != nil {
		return c, err
	}
	for {
		err := c.join(r.Context(), key, p)
		if err != errAlone {
			return c, err
		}
		c.seat.Leave()
	}
}

// join takes part in the rendering of key, and starts one if there is none. The
// error is errAlone if that has just become a page for somebody else alone, or was
// complete before and is not to be reused.
func (c *client) join(ctx context.Context, key pageKey, p Page) error {
	own := newRendering(p)
	g, s := c.gate, own.stream
	x, seat, result, err := g.flights.Join(ctx, key, own, func(ctx context.Context) error { return g.render(ctx, s) })
	if err != nil {
		return err
	}
	c.seat, c.leads = seat, result.Source == flight.Loaded
	if result.Source == flight.Shared && x.stream.isPast() {
		seat.Forget() // it has not landed yet
		return errAlone
	}
	return c.attach(x)
}

// attach lets c read x from the beginning. What is being rendered counts as a
// page of MaxBody until its size is known.
func (c *client) attach(x *rendering) error {
	s := x.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	size := int64(MaxBody)
	switch {
	case s.crossed:
		return errAlone
	case s.ended:
		c.stopWaiting()
		size = s.size
	}
	if !c.hold(size) {
		return errBusy
	}
	if !s.ended {
		s.clients = append(s.clients, c)
	}
	c.stream, c.at = s, x.first
	return nil
}

// leave gives back everything that c counts for. The rendering is cancelled if
// c was the last one.
func (c *client) leave() {
	complete := false
	if s := c.stream; s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.clients = slices.DeleteFunc(s.clients, func(other *client) bool { return other == c })
		complete = s.complete
	}
	c.stopWaiting()
	c.hold(0)
	// A client may be through with a complete page before its flight has
	// landed, and must not keep that from being reused.
	if c.seat != nil && !complete {
		c.seat.Leave()
	}
}

func (c *client) stopWaiting() {
	if c.waits {
		c.waits = false
		c.gate.asking.Add(-1)
	}
}

// hold makes c count for that many bytes on their way. It reports false, and
// changes nothing, if these are too many; fewer than before never are.
func (c *client) hold(bytes int64) bool {
	if c.headOnly {
		return true
	}
	more := bytes - c.holds
	if c.gate.sending.Add(more) > maxSending && more > 0 {
		c.gate.sending.Add(-more)
		return false
	}
	c.holds = bytes
	return true
}

// next moves c to the next chunk. It waits until there is one, the rendering
// has failed, or ctx ends.
func (c *client) next(ctx context.Context) error {
	if !c.at.HasGrown() {
		select {
		case <-c.at.Grown():
		case <-c.landed():
			if !c.at.HasGrown() {
				return c.seat.Err()
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	following := c.at.Next()
	if following == nil {
		if c.rest == nil {
			return errAlone
		}
		c.at, c.rest = c.rest, nil
		return c.next(ctx)
	}
	c.at = following
	return nil
}

func (c *client) landed() <-chan struct{} {
	if c.seat == nil {
		return nil
	}
	return c.seat.Landed()
}

// skip moves c to the last chunk.
func (c *client) skip(ctx context.Context) error {
	for !c.at.Last {
		if err := c.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// hasTaken tells the renderer of a large page that the chunk has been read.
func (c *client) hasTaken(bytes int) {
	c.taken.Add(int64(bytes))
	select {
	case c.took <- struct{}{}:
	default:
	}
}

// length returns the size of the page, -1 while it is not known. The error is
// errAlone if c is cut off.
func (c *client) length() (int64, error) {
	s := c.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.crossed && s.exclusive != c:
		return -1, errAlone
	case s.complete:
		return s.size, nil
	}
	return -1, nil
}
