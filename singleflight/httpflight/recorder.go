package httpflight

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	errShort     = errors.New("the handler wrote less than its Content-Length")
	errInjection = errors.New("the handler set a header that would end itself and begin another")
)

// sniffed is how much of a body http.DetectContentType looks at.
const sniffed = 512

// recorder is the [http.ResponseWriter] of a load.
type recorder struct {
	stream *stream
	asked  http.Header // of the request of the load
	header http.Header
	sent   http.Header // as of WriteHeader: what comes later is too late, as in net/http
	status int         // 0 until WriteHeader
	sniff  []byte
	left   int64 // of the declared length
	fault  error
}

// Header implements [http.ResponseWriter].
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter]. Interim responses are dropped:
// what they say to one client may not be meant for all.
func (w *recorder) WriteHeader(status int) {
	switch {
	case status < 100 || status > 999:
		panic(fmt.Sprintf("httpflight: WriteHeader was called with %d: use 100 to 999", status))
	case w.status != 0 || status < 200 && status != http.StatusSwitchingProtocols:
		return
	}
	w.status, w.sent = status, cloneHeader(w.header)
	if verdict := judge(status, w.sent, time.Now()); w.isTyped() || !bodyAllowed(status) || !verdict.share || !verdict.open {
		w.settle() // nobody has to wait for the type of what is not for all
	}
}

// isTyped reports whether net/http would not guess the type of the body. A type of
// nil is one that the handler does not want to be guessed.
func (w *recorder) isTyped() bool {
	_, typed := w.sent["Content-Type"]
	return typed || w.sent.Get("Content-Encoding") != ""
}

// settle takes the headers.
func (w *recorder) settle() {
	if w.fault = w.stream.err(); w.fault != nil {
		return
	}
	if !w.isTyped() && len(w.sniff) > 0 {
		w.sent.Set("Content-Type", http.DetectContentType(w.sniff))
	}
	now := time.Now()
	hd := &head{status: w.status, header: w.sent, length: -1, at: now}
	if bad := injected(hd.header); bad != "" {
		w.fault = fmt.Errorf("%w: %.100q", errInjection, bad)
		w.stream.abort(w.fault)
		return
	}
	hd.ruling = judge(w.status, hd.header, now)
	hd.asked = only(w.asked, hd.vary)
	w.declare(hd)
	if hd.length > w.stream.handler.config.MaxBody {
		hd.ruling = ruling{}
	}
	if w.stream.handler.config.Gzip && worthEncoding(hd) && !has(hd.header, "Vary", "Accept-Encoding") {
		hd.header["Vary"] = append(hd.header["Vary"], "Accept-Encoding")
	}
	dropHopByHop(hd.header)
	if _, dated := hd.header["Date"]; !dated {
		hd.header.Set("Date", now.UTC().Format(http.TimeFormat))
	}
	w.stream.typed = w.isTyped()
	w.stream.settle(hd)
}

// declare takes the declared length, and drops one that makes no sense as
// net/http does.
func (w *recorder) declare(hd *head) {
	values := hd.header.Values("Content-Length")
	delete(hd.header, "Content-Length")
	if len(values) == 0 || !bodyAllowed(w.status) {
		return
	}
	n, err := strconv.ParseInt(strings.TrimSpace(values[0]), 10, 64)
	if err == nil && n >= 0 {
		hd.length, w.left = n, n
	}
}

// cloneHeader copies a header that a handler may still write to. What is never sent
// is left out, but for what net/http adds where it is not set to nil.
func cloneHeader(h http.Header) http.Header {
	clone := h.Clone()
	maps.DeleteFunc(clone, func(name string, values []string) bool {
		return len(values) == 0 && name != "Content-Type" && name != "Date" || isDropped(name)
	})
	for name, values := range clone {
		clone[name] = slices.Clip(values)
	}
	return clone
}

// isDropped reports a name that net/http leaves out. One with a line break is no
// mistake of that kind.
func isDropped(name string) bool {
	return !isFieldName(strings.TrimPrefix(name, http.TrailerPrefix)) && !strings.ContainsAny(name, "\r\n")
}

// Write implements [http.ResponseWriter].
func (w *recorder) Write(p []byte) (int, error) {
	w.stream.isAlive()
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	switch {
	case w.fault != nil:
		return 0, w.fault
	case !bodyAllowed(w.status):
		return 0, http.ErrBodyNotAllowed
	case w.stream.head != nil:
		return w.body(p)
	}
	w.sniff = append(w.sniff, p...)
	if len(w.sniff) < sniffed && w.sent.Get("Content-Length") == "" {
		return len(p), nil
	}
	return len(p), w.begin()
}

// begin settles the headers and writes what was held back to find the type.
func (w *recorder) begin() error {
	if w.stream.head != nil || w.fault != nil {
		return w.fault
	}
	w.settle()
	if w.fault != nil {
		return w.fault
	}
	held := w.sniff
	w.sniff = nil
	_, err := w.body(held)
	return err
}

// body writes no more than was declared.
func (w *recorder) body(p []byte) (n int, err error) {
	over := w.stream.head.length >= 0 && int64(len(p)) > w.left
	if over {
		p = p[:w.left]
	}
	n, err = w.stream.write(p)
	w.left -= int64(n)
	if err != nil {
		w.fault = err
	} else if over {
		err = http.ErrContentLength
	}
	return n, err
}

// Flush implements [http.Flusher].
func (w *recorder) Flush() { _ = w.FlushError() }

// FlushError is what [http.ResponseController] calls.
func (w *recorder) FlushError() error {
	w.stream.isAlive()
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if err := w.begin(); err != nil {
		return err
	}
	return w.stream.flush()
}

// finish completes the answer after the handler has returned.
func (w *recorder) finish() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if err := w.begin(); err != nil && err != http.ErrContentLength {
		return err
	}
	if w.stream.head.length > 0 && w.left > 0 {
		return fmt.Errorf("%w: %d bytes of %d are missing", errShort, w.left, w.stream.head.length)
	}
	return w.stream.finish()
}

// isAlive starts the time anew within which a load must say something.
func (s *stream) isAlive() { s.silence.Reset(s.handler.config.LoadTimeout) }

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}
