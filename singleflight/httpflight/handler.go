package httpflight

import (
	"errors"
	"hash/maphash"
	"net/http"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/exphist"
	"github.com/govitals/govitals/internal/flight"
)

var (
	errBusy   = errors.New("too many loads run at once")
	errSilent = errors.New("the handler behind was silent for longer than Config.LoadTimeout")
	errClosed = errors.New("the handler was closed")
)

// Handler answers requests for the same thing from one call of the handler
// behind it. It is made by [New].
type Handler struct {
	config  Config
	next    http.Handler
	flights *flight.Group[flightKey, *opening]
	budget  budget // bytes of bodies in memory
	kept    budget // those of them that wait to be reused
	shelf   shelf
	marks   marks
	counts  counts

	mu     sync.Mutex
	closed bool
	loads  map[*stream]time.Time // those that run, and since when
	idle   chan struct{}         // set by Close, closed when no load runs
	took   exphist.Histogram     // how long loads took
	waited exphist.Histogram     // how long requests waited for headers
}

// New returns a Handler in front of next. It starts no goroutine before there is
// something to load. A Config that is not valid makes it panic: see
// [Config.Validate].
func New(next http.Handler, config Config) *Handler {
	if next == nil {
		panic("httpflight: New got no handler: pass the one whose answers are shared")
	}
	if err := config.Validate(); err != nil {
		panic(err)
	}
	h := &Handler{config: config.withDefaults(), next: next, loads: map[*stream]time.Time{}}
	h.budget.most, h.kept.most = h.config.MaxBytes, h.config.MaxBytes/2
	h.shelf = shelf{of: map[string]map[flightKey]*keptAnswer{}, pinned: map[flightKey]int{}, most: h.config.MaxGenerations}
	h.marks = marks{seed: maphash.MakeSeed(), life: h.config.Mark, of: map[uint64]mark{}}
	var err error
	h.flights, err = flight.New[flightKey](flight.Config[*opening]{ReuseFor: reuseFor, MaxWaiters: h.config.MaxFollowers})
	if err != nil {
		panic(err)
	}
	return h
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, why := h.keyOf(r)
	if why == "" {
		why = h.share(w, r, key)
	}
	if why != "" {
		h.alone(w, r, why)
	}
}

// share answers r from a flight, or returns why that cannot be.
func (h *Handler) share(w http.ResponseWriter, r *http.Request, key flightKey) (why string) {
	began := time.Now()
	f, err := h.follow(r, key)
	if f != nil {
		defer f.leave()
	}
	h.waited.Record(time.Since(began), 1)
	switch {
	case err != nil:
		h.fail(w, r, f, err)
		return ""
	case !f.mayUse(r):
		f.leave()
		return f.refusal()
	}
	h.counts.answered(f)
	f.answer(newOutput(w, r, h.config.StallTimeout, began), r)
	return ""
}

// follow returns a follower of an answer whose headers are known: one that is
// kept, that of a flight, or a stale one in its place.
func (h *Handler) follow(r *http.Request, key flightKey) (*follower, error) {
	if f := h.ready(key); f != nil {
		return f, nil
	}
	if f := h.stale(key); f != nil {
		h.refresh(r, key)
		return f, nil
	}
	f, err := h.join(r.Context(), r, key)
	if err == nil {
		err = f.awaitHead(r.Context())
	}
	if r.Context().Err() == nil && (err != nil || f.stream.head.failed()) {
		if old := h.standIn(key); old != nil {
			if f != nil {
				f.leave()
			}
			return old, nil
		}
	}
	return f, err
}
