package httpflight

import (
	"fmt"
	"time"

	"github.com/govitals/govitals/internal/loop"
)

func (h *Handler) isClosed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

// Close gives up what is being loaded, and returns when the handler behind has
// returned from it. Clients whose answer has begun are cut off, others get 503.
// Requests that come later are let through alone. Close waits for five seconds,
// then it returns an error. Call it after [http.Server.Shutdown], which lets
// clients finish.
func (h *Handler) Close() error {
	if h == nil {
		return nil
	}
	idle := h.shut()
	timer := time.NewTimer(loop.CloseTimeout)
	defer timer.Stop()
	select {
	case <-idle:
		return nil
	case <-timer.C:
		return fmt.Errorf("httpflight: the handler behind has not returned from %d loads within %v of their end: let it heed the request's context", h.running(), loop.CloseTimeout)
	}
}

// shut lets no load begin any more and aborts those that run.
func (h *Handler) shut() (idle <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if h.idle == nil {
		h.idle = make(chan struct{})
		if len(h.loads) == 0 {
			close(h.idle)
		}
	}
	for s := range h.loads {
		s.abort(errClosed)
	}
	for _, key := range h.shelf.close() {
		h.flights.Forget(key)
	}
	return h.idle
}

func (h *Handler) running() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.loads)
}
