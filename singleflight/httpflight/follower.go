package httpflight

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/internal/chunks"
	"github.com/govitals/govitals/internal/flight"
)

// follower is a request that is answered from a flight, that of the client who
// began it included.
type follower struct {
	stream *stream
	seat   *flight.Seat[flightKey, *opening] // nil if the answer was ready
	source flight.Source
	age    time.Duration
	stale  string // why it was given past its time, "" if it was not
	at     *chunks.Chunk
	taken  atomic.Int64 // bytes
	cut    atomic.Bool

	left    bool                     // under stream.mu
	control *http.ResponseController // under stream.mu: set while it is written to
}

// refused says that an answer cannot be joined.
type refused uint8

const (
	mayJoin  refused = iota
	joinNext         // it was too late: begin another
	runAlone         // it is not for others
)

// join takes part in the flight of key, and begins one if there is none.
func (h *Handler) join(ctx context.Context, r *http.Request, key flightKey) (*follower, error) {
	if f := h.ready(key); f != nil {
		return f, nil
	}
	for {
		own := newStream(h, key, r.URL.Path)
		x, seat, result, err := h.flights.Join(ctx, key, own, func(ctx context.Context) error { return h.load(ctx, own.stream) })
		if err != nil {
			return nil, err
		}
		f := &follower{seat: seat, source: result.Source, age: result.Age}
		answer := f.attach(x)
		if f.leads() {
			own.stream.request <- h.request(r, key)
		}
		switch answer {
		case mayJoin:
			return f, nil
		case runAlone:
			f.stream = x.stream
		}
		seat.Forget()
		seat.Leave()
		if answer == runAlone {
			return f, nil
		}
	}
}

func (f *follower) leads() bool { return f.source == flight.Loaded }

// attach lets f read x from its beginning.
func (f *follower) attach(x *opening) refused {
	s := x.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isSettled() && !f.leads() {
		switch {
		case !s.head.share:
			f.left = true
			return runAlone
		case !s.head.open:
			return joinNext
		}
	}
	if s.crossed.Load() || s.fault != nil {
		return joinNext
	}
	if s.followers == nil {
		s.followers = map[*follower]struct{}{}
	}
	s.followers[f] = struct{}{}
	s.users++
	f.stream, f.at = s, x.first
	return mayJoin
}

// isSettled reports whether the headers are known.
func (s *stream) isSettled() bool {
	select {
	case <-s.ready:
		return true
	default:
		return false
	}
}

// leave ends the part of f, once.
func (f *follower) leave() {
	s := f.stream
	s.mu.Lock()
	if f.left {
		s.mu.Unlock()
		return
	}
	f.left, f.control = true, nil
	delete(s.followers, f)
	complete := s.complete
	s.mu.Unlock()
	s.wake()
	s.release()
	// A client may be through with a complete answer before its flight has
	// landed, and must not keep that from being reused.
	if f.seat != nil && !complete {
		f.seat.Leave()
	}
}

// awaitHead waits for the headers.
func (f *follower) awaitHead(ctx context.Context) error {
	select {
	case <-f.stream.ready:
		return nil
	default:
	}
	return f.await(ctx, f.stream.ready)
}

// next moves f to the next chunk.
func (f *follower) next(ctx context.Context) error {
	if !f.at.HasGrown() {
		if err := f.await(ctx, f.at.Grown()); err != nil {
			return err
		}
	}
	f.at = f.at.Next()
	return nil
}

// await waits for something that the load brings about.
func (f *follower) await(ctx context.Context, event <-chan struct{}) error {
	select {
	case <-event:
		return nil
	case <-f.landed():
	case <-f.stream.aborted:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-event: // it was in time
		return nil
	case <-f.stream.aborted:
		return f.stream.err()
	default:
		return f.seat.Err()
	}
}

func (f *follower) landed() <-chan struct{} {
	if f.seat == nil {
		return nil
	}
	return f.seat.Landed()
}

// mayUse reports whether the answer may be given to r.
func (f *follower) mayUse(r *http.Request) bool {
	hd := f.stream.head
	if f.leads() && !hd.nobody && !hd.share { // it can have parts from the handler behind alone
		return hd.status != http.StatusOK || len(r.Header.Values("Range")) == 0
	}
	return f.leads() && !hd.nobody || hd.share && hd.matches(r.Header)
}

// refusal is why it may not.
func (f *follower) refusal() string {
	if f.stream.head.share {
		return aloneVary
	}
	return aloneUnshareable
}

// cutOff makes a write to the client fail that may be under way. The caller
// holds stream.mu, so that the request has not ended.
func (f *follower) cutOff() {
	if f.cut.Swap(true) {
		return
	}
	f.stream.handler.counts.cut.Add(1)
	if f.control != nil {
		_ = f.control.SetWriteDeadline(time.Unix(1, 0))
	}
}
