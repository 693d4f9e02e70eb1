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
	_, reads := w.(io.ReaderFrom)
	switch {
	case flushes && hijacks && reads:
		return &countedConn{countedWriter: counted, Flusher: flusher, Hijacker: hijacker}
	case flushes:
		return &countedStream{counted, flusher}
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

// ReadFrom lets a file go out by sendfile. It is counted when it has.
func (w *countedConn) ReadFrom(from io.Reader) (int64, error) {
	n, err := w.ResponseWriter.(io.ReaderFrom).ReadFrom(from)
	w.sent.Add(n)
	return n, err
}
