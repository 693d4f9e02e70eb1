package httpflight

import (
	"context"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

// staleness says how long an answer may be handed out, from when it was complete.
type staleness struct {
	fresh   time.Duration
	while   time.Duration // beyond fresh, while the next one is loaded
	ifError time.Duration // beyond fresh, where that fails
	never   bool          // it forbids to be handed out as stale
}

// end returns how long it is kept.
func (s staleness) end() time.Duration { return s.fresh + max(s.while, s.ifError) }

// Why a stale answer was given, as Cache-Status says it (RFC 9211): it is a hit if
// nobody was asked for a newer one on behalf of that request.
const (
	staleRevalidate  = "hit; detail=revalidate"  // the next one is being loaded
	staleGenerations = "hit; detail=generations" // clients still read too many older ones
	staleRested      = "hit; detail=error"       // a load has failed just before
	staleError       = "fwd=stale; detail=error" // the load has failed
)

// staleFor returns how long an answer may be handed out that is fresh for d. What
// the answer says itself (RFC 5861) makes it less, and can forbid it: RFC 9111,
// 4.2.4.
func (h *Handler) staleFor(hd *head, d time.Duration) staleness {
	v := staleness{fresh: d, while: h.config.Stale, ifError: h.config.StaleIfError, never: hd.strict}
	if hd.whileStale.known {
		v.while = min(v.while, hd.whileStale.value)
	} else if hd.strict {
		v.while = 0
	}
	if hd.ifError.known {
		v.ifError = min(v.ifError, hd.ifError.value)
	} else if hd.strict {
		v.ifError = 0
	}
	return v
}

// ready returns a follower of a fresh answer, nil if there is none.
func (h *Handler) ready(key flightKey) *follower {
	x, result, ok := h.flights.Lookup(key)
	if !ok {
		return nil
	}
	f := &follower{source: result.Source, age: result.Age}
	if f.attach(x) != mayJoin {
		return nil
	}
	return f
}

// stale returns a follower of a stale answer that may be given without waiting
// for a load, nil if there is none, and why.
func (h *Handler) stale(key flightKey) *follower {
	s := &h.shelf
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.get(key)
	if a == nil {
		return nil
	}
	over := time.Since(a.at) - a.stale.fresh
	switch {
	case over < 0: // fresh, and its flight has ended just now or was forgotten
		return nil
	case s.isExtended(key, a):
		return a.follow(staleGenerations)
	case over < a.stale.ifError && time.Now().Before(a.retry):
		return a.follow(staleRested)
	case over < a.stale.while:
		return a.follow(staleRevalidate)
	}
	return nil
}

// standIn returns a follower of an older answer in place of a load that has
// failed, nil if there is none. The plain form stands in for one that this package
// would have made of it.
func (h *Handler) standIn(key flightKey) *follower {
	f := h.standInOf(key)
	if f == nil && key.encodings == gzipVariant {
		key.encodings = ""
		f = h.standInOf(key)
	}
	return f
}

func (h *Handler) standInOf(key flightKey) *follower {
	h.shelf.settled(key, true)
	s := &h.shelf
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.get(key)
	if a == nil || time.Since(a.at) >= a.stale.fresh+a.stale.ifError {
		return nil
	}
	return a.follow(staleError)
}

// follow returns a follower. The caller holds shelf.mu, so that a has not been
// released.
func (a *keptAnswer) follow(why string) *follower {
	f := &follower{source: flight.Reused, age: time.Since(a.at), stale: why}
	if f.attach(a.opening) != mayJoin {
		return nil
	}
	return f
}

// refresh begins a load in the background, unless one runs or has just failed.
func (h *Handler) refresh(r *http.Request, key flightKey) {
	if !h.shelf.renew(key) {
		return
	}
	own, load := newStream(h, key, r.URL.Path), h.request(r, key)
	own.stream.background = true
	own.stream.request <- load
	began := h.flights.Open(key, own, func(ctx context.Context) error {
		return h.renew(ctx, own.stream, load)
	})
	if !began {
		h.shelf.settled(key, false)
	}
}

// renew fills s for nobody in particular, and logs what goes wrong.
func (h *Handler) renew(ctx context.Context, s *stream, load *http.Request) (err error) {
	failed := true // also if it panics
	defer func() {
		h.shelf.settled(s.key, failed)
		if value := recover(); value != nil {
			err = &flight.PanicError{Value: value, Stack: debug.Stack()}
		}
		if err != nil {
			(&follower{stream: s}).report(load, err)
		}
	}()
	err = h.load(ctx, s)
	failed = err != nil || s.head.failed()
	return err
}

// failed reports an answer in whose place an older one may stand (RFC 5861, 4).
func (hd *head) failed() bool { return slices.Contains(failures, hd.status) }
