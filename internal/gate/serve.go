package gate

import (
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"strconv"

	"github.com/govitals/govitals/internal/flight"
)

const (
	// maxWaiting is how many requests may wait besides the one that is
	// rendered for.
	maxWaiting = 4
	// maxSending bounds the bytes of pages on their way to clients. A page
	// counts once for each client, because each has a copy in the kernel.
	maxSending = 64 << 20

	tooBusy = "Too many requests for debug pages at once. Try again in a second."
)

// pageKey keeps the pages of different endpoints apart, those of gates behind the
// same one, and exclusive ones from all others.
type pageKey struct {
	endpoint, key string
	of            *Gate  // that Serve was called of
	number        uint64 // of an exclusive page
}

// Serve answers r with p. The request must have come through Protect; any other
// gets 404. The limits are those of the gate that it passed, the outermost one.
//
// A page that cannot be rendered becomes 500 with the words of the error, 404 if
// that is fs.ErrNotExist; one too many at a time becomes 429. HEAD gets the
// headers alone; its Content-Length costs a rendering all the same. A page that
// ends early, because Render fails or because the page became larger than
// [MaxBody] and went to another client, ends with [http.ErrAbortHandler], which
// cuts the connection.
func (g *Gate) Serve(w http.ResponseWriter, r *http.Request, p Page) {
	v := visitOf(r)
	if v == nil {
		http.NotFound(w, r)
		return
	}
	tag, err := p.check()
	switch {
	case err != nil:
		answerError(w, r, v, err)
	case hasCurrent(r, tag):
		notModified(w, tag)
	default:
		v.endpoint.gate.serve(w, r, v, pageKey{endpoint: v.endpoint.name, key: p.Key, of: g}, p)
	}
}

// check returns the present tag of p, or an error that names the field that is
// wrong.
func (p Page) check() (tag string, err error) {
	if err := p.validate(); err != nil {
		return "", err
	}
	return p.tag()
}

func (g *Gate) serve(w http.ResponseWriter, r *http.Request, v *visit, key pageKey, p Page) {
	if p.Exclusive {
		key.number = g.exclusive.Add(1)
	}
	o := newOutput(w, r)
	o.pause()
	c, err := g.enter(r, key, p)
	defer c.leave()
	size := int64(-1)
	if err == nil {
		size, err = c.begin(r)
	}
	o.resume()
	if err != nil {
		c.reportPanic(r, key, err)
		answerError(w, r, v, err)
		return
	}
	if hasCurrent(r, c.stream.tag) {
		notModified(w, c.stream.tag)
		return
	}
	p.setHeaders(w.Header(), c.stream.tag, size)
	if c.headOnly {
		return
	}
	err = o.copy(r.Context(), c)
	g.sends.charge(float64(c.taken.Load() / bytesPerToken))
	if err != nil {
		c.abort(r, v, key, err)
	}
}

// begin waits for the first chunk and returns the size of the page, -1 if it is
// not known. For HEAD it waits until it is.
func (c *client) begin(r *http.Request) (size int64, err error) {
	if !c.headOnly {
		if err := c.next(r.Context()); err != nil {
			return -1, err
		}
		return c.length()
	}
	if err := c.skip(r.Context()); err != nil && err != errAlone {
		return -1, err
	}
	size, _ = c.length()
	return size, nil
}

func (p Page) setHeaders(h http.Header, tag string, size int64) {
	h.Set("Content-Type", p.ContentType)
	setTag(h, tag)
	if size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(size, 10))
	}
	if p.Filename != "" {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": p.Filename}))
	}
}

// abort ends an answer that has begun and cannot be completed, so that the
// client does not take what it has for the page.
func (c *client) abort(r *http.Request, v *visit, key pageKey, err error) {
	switch {
	case err == errGone: // net/http knows, and closes the connection
		v.end(canceled)
		return
	case r.Context().Err() != nil, err == errStalled:
		v.end(canceled)
	case err == errAlone:
		v.end(busy)
	default:
		v.end(failed)
		c.report(r, key, err)
	}
	panic(http.ErrAbortHandler)
}

func answerError(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	var p *flight.PanicError
	switch {
	case r.Context().Err() != nil:
		v.end(canceled)
		explain(w, http.StatusServiceUnavailable, "The request ended before the page was ready.")
	case errors.Is(err, errBusy):
		v.end(busy)
		tryLater(w, http.StatusTooManyRequests, tooBusy)
	case errors.Is(err, errAlone):
		v.end(busy)
		tryLater(w, http.StatusServiceUnavailable, fmt.Sprintf("The page is larger than %d MiB, and such a page goes to one client at a time. Try again in a second.", MaxBody>>20))
	case errors.As(err, &p):
		v.end(failed)
		explain(w, http.StatusInternalServerError, fmt.Sprintf("The page could not be rendered: panic: %v", p.Value))
	case errors.Is(err, fs.ErrNotExist):
		explain(w, http.StatusNotFound, err.Error())
	default:
		v.end(failed)
		explain(w, http.StatusInternalServerError, "The page could not be rendered: "+err.Error())
	}
}
