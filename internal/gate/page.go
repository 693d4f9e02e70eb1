package gate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

const (
	// maxWaiting is how many requests may wait besides the one that is
	// rendered for.
	maxWaiting = 4
	// maxSending bounds the bytes of pages on their way to clients. A page
	// counts once for each client, because each has a copy in the kernel.
	maxSending = 64 << 20

	defaultReuse = time.Second
	tooBusy      = "Too many requests for debug pages at once. Try again in a second."
)

// Page is one page of a protected handler.
type Page struct {
	// Key names the page within its endpoint. All requests with the same Key
	// get the same bytes: it must say everything that Render depends on.
	Key string
	// ContentType is the value of the header of that name.
	ContentType string
	// Reuse is how long the bytes are handed out again. Negative: not at
	// all. Default: 1 s.
	Reuse time.Duration
	// Filename makes browsers save the page under that name. Default: "",
	// browsers show it.
	Filename string
	// Render writes the page to w, which it must not use after it returned.
	// ctx ends when nobody waits for the page any more; it carries no values
	// of a request. An error is shown to the client, in its words.
	Render func(ctx context.Context, w io.Writer) error
}

// pageKey keeps the pages of different endpoints apart.
type pageKey struct{ endpoint, key string }

func (p Page) validate() error {
	switch {
	case p.Key == "":
		return errors.New("gate: Page.Key is empty: name the page and everything it depends on")
	case p.ContentType == "":
		return errors.New("gate: Page.ContentType is empty: say what Render writes")
	case p.Render == nil:
		return errors.New("gate: Page.Render is nil: set the function that writes the page")
	}
	return nil
}

func (p Page) reuse() time.Duration {
	if p.Reuse == 0 {
		return defaultReuse
	}
	return p.Reuse
}

// Serve answers r with p. The request must have come through Protect; any other
// gets 404. The limits are those of the gate that it passed, the outermost one.
//
// A page that cannot be rendered becomes 500 with the words of the error, one
// larger than [MaxBody] 503, one too many at a time 429. HEAD gets the headers
// alone; its Content-Length costs a rendering all the same.
func (g *Gate) Serve(w http.ResponseWriter, r *http.Request, p Page) {
	v := visitOf(r)
	if v == nil {
		http.NotFound(w, r)
		return
	}
	g = v.endpoint.gate
	b, err := g.body(r, v, p)
	if err != nil {
		g.answerError(w, r, v, err)
		return
	}
	defer g.sending.Add(int64(-len(b.data)))
	if g.sending.Add(int64(len(b.data))) > maxSending {
		v.end(busy)
		tryLater(w, tooBusy)
		return
	}
	p.send(w, r, b)
}

// body returns the bytes of p: at once if they are kept, else after waiting in
// line for them.
func (g *Gate) body(r *http.Request, v *visit, p Page) (*body, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	key := pageKey{v.endpoint.name, p.Key}
	if b, _, ok := g.flights.Lookup(key); ok {
		return b, nil
	}
	defer g.asking.Add(-1)
	if g.asking.Add(1) > 1+maxWaiting {
		return nil, errBusy
	}
	b, result, err := g.flights.Do(r.Context(), key, func(ctx context.Context) (*body, error) { return g.render(ctx, p) })
	if result.Source == flight.Loaded {
		logPanic(r, key, err)
	}
	return b, err
}

func (p Page) send(w http.ResponseWriter, r *http.Request, b *body) {
	h := w.Header()
	h.Set("Content-Type", p.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(b.data)))
	if p.Filename != "" {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": p.Filename}))
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.data) // an error means that the client has left
	}
}

func (g *Gate) answerError(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	var p *flight.PanicError
	switch {
	case r.Context().Err() != nil:
		v.end(canceled)
		explain(w, http.StatusServiceUnavailable, "The request ended before the page was ready.")
	case errors.Is(err, errBusy):
		v.end(busy)
		tryLater(w, tooBusy)
	case errors.Is(err, errTooLarge):
		v.end(failed)
		explain(w, http.StatusServiceUnavailable, fmt.Sprintf("The page is larger than %d MiB, which is all the memory it may take. Ask for less.", MaxBody>>20))
	case errors.As(err, &p):
		v.end(failed)
		explain(w, http.StatusInternalServerError, fmt.Sprintf("The page could not be rendered: panic: %v", p.Value))
	default:
		v.end(failed)
		explain(w, http.StatusInternalServerError, "The page could not be rendered: "+err.Error())
	}
}
