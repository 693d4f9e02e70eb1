package httpflight

import (
	"net/http"
	"net/url"
	"strings"
)

// isWrite reports whether r may change what others are answered: its method is not one
// that is known to be safe (RFC 9110, 9.2.1).
func isWrite(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return hasAny(r.Header, overrides[:])
	}
	return true
}

// write lets a request through that may change what is kept. A connection that becomes
// another one must be had as it is.
func (h *Handler) write(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect || len(r.Header.Values("Upgrade")) > 0 {
		h.next.ServeHTTP(w, r)
		return
	}
	asked, url := *r, *r.URL // the handler may change both
	asked.Method, asked.URL = http.MethodGet, &url
	written := &writeWatcher{ResponseWriter: w, handler: h, asked: &asked}
	h.next.ServeHTTP(written, r)
	written.heed(http.StatusOK)
}

// writeWatcher lets go of what a request has changed before its client hears of that.
type writeWatcher struct {
	http.ResponseWriter
	handler *Handler
	asked   *http.Request // a GET for the same
	heeded  bool
}

// heed drops what is kept of an address that was written to, unless that has failed
// (RFC 9111, 4.4), and of the addresses that the answer names, if they are of this host.
func (w *writeWatcher) heed(status int) {
	if w.heeded || status < 200 {
		return
	}
	if w.heeded = true; status >= 400 {
		return
	}
	w.forget(w.asked.URL)
	for _, name := range [...]string{"Location", "Content-Location"} {
		reference := w.Header().Get(name)
		named, err := w.asked.URL.Parse(reference)
		if reference != "" && err == nil && (named.Host == "" || strings.EqualFold(named.Host, w.asked.Host)) {
			w.forget(named)
		}
	}
}

// forget drops what is kept for u, and lets nobody join what is being loaded.
func (w *writeWatcher) forget(u *url.URL) {
	h, asked := w.handler, *w.asked
	asked.URL, asked.RequestURI = u, u.RequestURI()
	address, ok := h.address(&asked)
	if !ok {
		return // nothing is
	}
	for _, key := range append(h.outdate(address), h.shelf.removeAll(address)...) {
		h.flights.Forget(key)
	}
}

// outdate marks what is being loaded for an address, and returns the keys. What it
// does not see is on the shelf by now, or will be asked for later.
func (h *Handler) outdate(address string) (keys []flightKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.loads {
		if s.key.address == address {
			s.outdated.Store(true)
			keys = append(keys, s.key)
		}
	}
	return keys
}

// WriteHeader implements [http.ResponseWriter].
func (w *writeWatcher) WriteHeader(status int) {
	w.heed(status)
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *writeWatcher) Write(p []byte) (int, error) {
	w.heed(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// Flush implements [http.Flusher], which gRPC wants.
func (w *writeWatcher) Flush() { _ = w.FlushError() }

// FlushError is what [http.ResponseController] calls.
func (w *writeWatcher) FlushError() error {
	w.heed(http.StatusOK)
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap is for [http.ResponseController].
func (w *writeWatcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }
