package httpflight

import (
	"context"
	"net/http"
	"time"
)

// begin counts a load in.
func (h *Handler) begin(s *stream) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return errClosed
	case len(h.loads) >= h.config.MaxLoads:
		return errBusy
	}
	h.loads[s] = time.Now()
	return nil
}

// end counts it out.
func (h *Handler) end(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.took.Record(time.Since(h.loads[s]), 1)
	delete(h.loads, s)
	if h.closed && len(h.loads) == 0 {
		close(h.idle)
	}
}

// load fills s by calling the handler behind. It runs on a goroutine of the
// flight.
func (h *Handler) load(ctx context.Context, s *stream) (err error) {
	defer s.release()
	r := <-s.request
	if err := h.begin(s); err != nil {
		return err
	}
	defer h.end(s)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.mu.Lock()
	s.cancel = cancel
	if s.fault != nil { // given up in the moment in which it began
		cancel(s.fault)
	}
	s.mu.Unlock()
	defer context.AfterFunc(ctx, func() { s.abort(context.Cause(ctx)) })()
	s.silence = time.AfterFunc(h.config.LoadTimeout, func() { h.silent(s) })
	defer func() { s.silence.Stop() }()
	outcome := loadPanic
	defer func() { h.counts.loaded(outcome) }()
	if s.key.encodings == gzipVariant {
		err = h.encode(ctx, s, r)
	} else {
		w := &recorder{stream: s, asked: r.Header.Clone(), header: http.Header{}}
		h.next.ServeHTTP(w, r.WithContext(carried{ctx, r.Context()}))
		err = w.finish()
	}
	if err == nil {
		h.keep(ctx, s)
	}
	outcome = outcomeOf(s, err)
	return err
}

// silent gives up a load that is silent. Who waits for it begins another one; for one
// that was begun in the background nobody waits, and it must not be in the way of the
// next.
func (h *Handler) silent(s *stream) {
	if s.abort(errSilent) && s.background {
		h.shelf.settled(s.key, true)
		h.flights.Forget(s.key)
	}
}

// carried is the context of a load with values of the request that began it.
type carried struct {
	context.Context
	values context.Context
}

func (c carried) Value(key any) any {
	if value := c.values.Value(key); value != nil {
		return value
	}
	return c.Context.Value(key)
}

// keep puts a complete answer on the shelf, unless nobody may join its flight any
// more.
func (h *Handler) keep(ctx context.Context, s *stream) {
	x, ok := h.flights.Current(ctx)
	if !ok || !s.head.keep || s.crossed.Load() {
		return
	}
	fresh := h.config.Reuse - s.made
	if s.head.limited { // from its headers on, however long the body took
		fresh = min(fresh, s.head.fresh-time.Since(s.head.at))
	}
	s.reuse = fresh
	if !h.shelve(&keptAnswer{opening: x, at: time.Now(), stale: h.staleFor(s.head, fresh)}) {
		s.reuse = 0
	}
}
