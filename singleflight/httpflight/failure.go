package httpflight

import (
	"context"
	"errors"
	"log"
	"net/http"

	"github.com/govitals/govitals/internal/flight"
)

// fail answers a request whose answer has not begun.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, f *follower, err error) {
	if r.Context().Err() == nil {
		h.counts.failed.Add(1)
	}
	if f != nil {
		f.report(r, err)
	}
	var p *flight.PanicError
	status, words := http.StatusBadGateway, "The answer could not be loaded."
	switch {
	case errors.As(err, &p) && p.Value == http.ErrAbortHandler:
		panic(http.ErrAbortHandler)
	case errors.As(err, &p), errors.Is(err, flight.ErrGoexit):
		status = http.StatusInternalServerError
	case errors.Is(err, errSilent), errors.Is(r.Context().Err(), context.DeadlineExceeded): // of a middleware in front
		status, words = http.StatusGatewayTimeout, "The answer took too long."
	case errors.Is(err, errClosed):
		status, words = http.StatusServiceUnavailable, "This server is closing. Try again in a second."
		w.Header().Set("Retry-After", "1")
	case errors.Is(err, errBusy), errors.Is(err, flight.ErrTooManyWaiters), r.Context().Err() != nil:
		status, words = http.StatusServiceUnavailable, "Too many requests at once. Try again in a second."
		w.Header().Set("Retry-After", "1")
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Cache-Status", h.config.Name+"; fwd=miss; detail=failed")
	http.Error(w, words, status)
}

// report writes why a load failed to where net/http writes the panics of
// handlers, once for all who waited for it.
func (f *follower) report(r *http.Request, err error) {
	if r.Context().Err() != nil || errors.Is(err, errCut) || errors.Is(err, errGone) || errors.Is(err, errBusy) || errors.Is(err, errClosed) || errors.Is(err, flight.ErrAbandoned) {
		return
	}
	var p *flight.PanicError
	if errors.As(err, &p) && p.Value == http.ErrAbortHandler {
		return
	}
	f.stream.reported.Do(func() {
		printf := log.Printf
		if server := serverOf(r); server != nil && server.ErrorLog != nil {
			printf = server.ErrorLog.Printf
		}
		if p != nil {
			printf("httpflight: panic serving %.200q: %v\n%s", r.URL.Path, p.Value, p.Stack)
		} else {
			printf("httpflight: %.200q failed: %v", r.URL.Path, err)
		}
	})
}

// serverOf returns the server that r came through, nil if it is not known.
func serverOf(r *http.Request) *http.Server {
	server, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
	return server
}
