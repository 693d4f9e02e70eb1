package gate

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// errGone means that the client has left, or reads too slowly.
var errGone = errors.New("gate: the client does not take the page")

// output writes to a client and keeps the deadlines. The server's WriteTimeout
// counts while the client is written to, and not while the page is made.
type output struct {
	w       http.ResponseWriter
	control *http.ResponseController
	limited bool          // the server has a WriteTimeout
	left    time.Duration // of it
}

func newOutput(w http.ResponseWriter, r *http.Request) *output {
	o := &output{w: w, control: http.NewResponseController(w)}
	if server := serverOf(r); server != nil {
		o.limited, o.left = server.WriteTimeout > 0, server.WriteTimeout
	}
	return o
}

// pause lifts the deadline while there is nothing to write.
func (o *output) pause() {
	if o.limited {
		_ = o.control.SetWriteDeadline(time.Time{})
	}
}

// resume sets the deadline for what is written next. Where it is not supported,
// as by a middleware that hides it, there is none.
func (o *output) resume() {
	limit := maxStall
	if o.limited {
		limit = min(limit, o.left)
	}
	_ = o.control.SetWriteDeadline(time.Now().Add(limit))
}

// write writes bytes and, if more will follow only later, sees to it that they
// do not stay in the server's buffers.
func (o *output) write(bytes []byte, flush bool) error {
	if len(bytes) == 0 {
		return nil
	}
	start := time.Now()
	o.resume()
	if _, err := o.w.Write(bytes); err != nil {
		return errGone
	}
	if flush {
		_ = o.control.Flush() // what fails here fails at the next write
	}
	o.left -= time.Since(start)
	return nil
}

// copy sends the page from the chunk that c is at to its end.
func (o *output) copy(ctx context.Context, c *client) error {
	for {
		if err := o.write(c.at.Data, !c.at.Last && !c.at.HasGrown()); err != nil {
			return err
		}
		c.hasTaken(len(c.at.Data))
		if c.at.Last {
			return nil
		}
		o.pause()
		if err := c.next(ctx); err != nil {
			return err
		}
	}
}
