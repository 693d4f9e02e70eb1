package httpflight

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/exphist"
	"github.com/govitals/govitals/internal/flight"
	"github.com/govitals/govitals/internal/loop"
)

var (
	errBusy   = errors.New("too many loads run at once")
	errSilent = errors.New("the handler behind was silent for longer than Config.LoadTimeout")
	errClosed = errors.New("the handler was closed")
)

// flightKey tells loads apart.
type flightKey struct {
	address   string
	encodings string // accepted, or encoded for one that this package makes
	vary      string // values of the request headers that the answer varies on
}

func (k flightKey) size() int64 { return int64(len(k.address) + len(k.encodings) + len(k.vary)) }

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
	h.shelf = shelf{of: map[flightKey]*keptAnswer{}, pinned: map[flightKey]int{}, most: h.config.MaxGenerations}
	h.marks = marks{seed: maphash.MakeSeed(), life: h.config.Mark, of: map[uint64]mark{}}
	var err error
	h.flights, err = flight.New[flightKey](flight.Config[*opening]{ReuseFor: h.keepFor, MaxWaiters: h.config.MaxFollowers})
	if err != nil {
		panic(err)
	}
	return h
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	why := h.private(r)
	if why == "" && h.isClosed() {
		why = aloneClosed
	}
	if why != "" {
		h.alone(w, r, why)
		return
	}
	key, why := h.keyOf(r)
	if why == "" {
		why = h.share(w, r, key)
	}
	if why != "" {
		h.alone(w, r, why)
	}
}

// keyOf returns the key of r, or why it must run alone.
func (h *Handler) keyOf(r *http.Request) (key flightKey, why string) {
	address, ok := h.address(r)
	if !ok {
		return key, aloneKey
	}
	key = flightKey{address: address, encodings: h.variant(r)}
	known := h.marks.get(key)
	if known.alone {
		return key, aloneMarked
	}
	key.vary = varyKey(r.Header, known.vary)
	return key, ""
}

// alone lets r through as if there was no Handler.
func (h *Handler) alone(w http.ResponseWriter, r *http.Request, why string) {
	h.counts.alone(why)
	fwd := "bypass"
	if why == aloneUnshareable || why == aloneVary {
		fwd = "miss"
	}
	w.Header().Add("Cache-Status", h.config.Name+"; fwd="+fwd+"; detail="+why)
	h.next.ServeHTTP(w, r)
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
	s.silence = time.AfterFunc(h.config.LoadTimeout, func() { s.abort(errSilent) })
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
	outcome = outcomeOf(s, err)
	return err
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
