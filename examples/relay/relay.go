package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"time"
)

// origin is a slow server that counts how often it was asked.
type origin struct {
	server *httptest.Server
	size   int           // of its answer
	takes  time.Duration // to send it
	loads  atomic.Int64
}

func newOrigin(size int, takes time.Duration) *origin {
	o := &origin{size: size, takes: takes}
	o.server = httptest.NewServer(o)
	return o
}

func (o *origin) close() { o.server.Close() }

// ServeHTTP sends the body piece by piece, at the pace of a slow line.
func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const pieces = 64
	o.loads.Add(1)
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(o.size))
	piece := make([]byte, o.size/pieces)
	for range pieces {
		if _, err := w.Write(piece); err != nil {
			return
		}
		time.Sleep(o.takes / pieces)
	}
}

// relay passes on what the origin sends as it comes, and keeps it to the end, as
// one does that checks, signs or stores it.
type relay struct{ origin *origin }

func (p *relay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, p.origin.server.URL, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	response, err := p.origin.server.Client().Do(request)
	if err != nil {
		http.Error(w, "the origin does not answer", http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	w.Header().Set("Content-Type", response.Header.Get("Content-Type"))
	w.Header().Set("Content-Length", strconv.Itoa(p.origin.size))
	kept := make([]byte, p.origin.size)
	for at := 0; at < len(kept); {
		n, err := response.Body.Read(kept[at:])
		if _, failed := w.Write(kept[at : at+n]); failed != nil {
			return
		}
		if at += n; err != nil && (err != io.EOF || at < len(kept)) {
			panic(http.ErrAbortHandler) // the client must not take it for the whole
		}
	}
}
