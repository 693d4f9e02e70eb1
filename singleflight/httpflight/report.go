package httpflight

import (
	"errors"
	"log"
	"net/http"

	"github.com/govitals/govitals/internal/flight"
)

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
