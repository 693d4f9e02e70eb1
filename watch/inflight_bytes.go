package watch

import (
	"io"
	"net/http"
	"sync/atomic"
)

// countBytes returns a ResponseWriter that adds up what is written, with those of the
// abilities of w that handlers ask for by a type assertion.
func countBytes(w http.ResponseWriter, sent *atomic.Int64) http.ResponseWriter {
	counted := &countedWriter{w, sent}
	flusher, flushes := w.(http.Flusher)
	hijacker, hijacks := w.(http.Hijacker)
	switch {
	case flushes && hijacks:
		return &countedConn{counted, flusher, hijacker}
	case flushes:
		return &countedStream{counted, flusher}
	case hijacks:
		return &countedSocket{counted, hijacker}
	}
	return counted
}

type countedWriter struct {
	http.ResponseWriter
	sent *atomic.Int64
}

func (w *countedWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.sent.Add(int64(n))
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *countedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// FlushError is what http.ResponseController asks for first: else it would take the
// Flush below, which cannot say that the client has left.
func (w *countedWriter) FlushError() error {
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// countedStream is for HTTP/2.
type countedStream struct {
	*countedWriter
	http.Flusher
}

// countedConn is for HTTP/1. What goes over a connection after Hijack is not counted.
type countedConn struct {
	*countedWriter
	http.Flusher
	http.Hijacker
}

// countedSocket is for writers of other middleware that can be hijacked and not flushed.
type countedSocket struct {
	*countedWriter
	http.Hijacker
}

// ReadFrom lets a file go out by sendfile, where that is possible. It is counted when it
// has.
func (w *countedConn) ReadFrom(from io.Reader) (int64, error) {
	n, err := io.Copy(w.ResponseWriter, from)
	w.sent.Add(n)
	return n, err
}
