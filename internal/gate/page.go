package gate

import (
	"context"
	"errors"
	"io"
	"time"
)

const defaultReuse = time.Second

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
	// Validator returns what changes whenever Render would write something
	// else, such as the process and the number of the GC cycle, or "" while
	// that is not known. It becomes the page's ETag: a client that has the
	// page gets 304 without rendering. Each request calls it, so it must be
	// cheap and safe for concurrent use. Up to 128 printable ASCII characters
	// without spaces and quotes. Default: nil, no ETag.
	//
	// The gate also calls it before Render and when Render has written the
	// first 32 KiB or returned; the bytes have a tag only if it said the same
	// both times. So a Render that writes more must have read all it needs by
	// then.
	Validator func() string
	// Exclusive gives each request a rendering of its own, which is neither
	// shared nor kept. It is for POST, which changes something. Default:
	// false.
	Exclusive bool
	// Prepare waits for what Render needs, such as the end of a period. It is
	// called before Render and, unlike that, while other pages are rendered.
	// ctx and the error are as for Render. Default: nil, nothing to wait for.
	Prepare func(ctx context.Context) error
	// Render writes the page to w, which it must not use after it returned.
	// ctx ends when nobody waits for the page any more; it carries no values
	// of a request. An error is shown to the client, in its words, if Render
	// has written less than 32 KiB; after that the connection is cut. One that
	// is fs.ErrNotExist becomes 404.
	Render func(ctx context.Context, w io.Writer) error
}

func (p Page) validate() error {
	switch {
	case p.Key == "":
		return errors.New("gate: Page.Key is empty: name the page and everything it depends on")
	case p.ContentType == "":
		return errors.New("gate: Page.ContentType is empty: say what Render writes")
	case p.Render == nil:
		return errors.New("gate: Page.Render is nil: set the function that writes the page")
	case p.Validator != nil && p.Exclusive:
		return errors.New("gate: Page.Validator and Page.Exclusive are both set: a page of one request alone is never the same again: set one of the two")
	case p.Validator != nil && p.Prepare != nil:
		return errors.New("gate: Page.Validator and Page.Prepare are both set: who has to wait for a page cannot know that it is the same: set one of the two")
	}
	return nil
}

// reuse returns how long the bytes are kept, zero or less if they are not.
func (p Page) reuse() time.Duration {
	switch {
	case p.Exclusive:
		return 0
	case p.Reuse == 0:
		return defaultReuse
	}
	return p.Reuse
}
