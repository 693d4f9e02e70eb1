package httpflight

import (
	"net/http"
	"time"
)

// piece is what a client is given StallTimeout for.
const piece = 64 << 10

// output writes to a client and keeps the deadlines: that of the piece, and the
// server's WriteTimeout.
type output struct {
	w       http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
	limit   time.Time // by the server's WriteTimeout, zero if there is none
}

func newOutput(w http.ResponseWriter, r *http.Request, stall time.Duration, began time.Time) *output {
	o := &output{w: w, control: http.NewResponseController(w), stall: stall}
	if server := serverOf(r); server != nil && server.WriteTimeout > 0 {
		o.limit = began.Add(server.WriteTimeout)
	}
	return o
}

// resume sets the deadline of the next piece. Where a middleware hides deadlines
// there is none.
func (o *output) resume() {
	at := time.Now().Add(o.stall)
	if !o.limit.IsZero() && o.limit.Before(at) {
		at = o.limit
	}
	_ = o.control.SetWriteDeadline(at)
}

// pause goes back to the server's own deadline, while there is nothing to
// write. HTTP/2 would reset the stream at the deadline even then.
func (o *output) pause() { _ = o.control.SetWriteDeadline(o.limit) }

// write writes bytes that are shared, without copying them.
func (o *output) write(f *follower, bytes []byte) error {
	for len(bytes) > 0 {
		n := min(len(bytes), piece)
		o.resume()
		if f.cut.Load() {
			return errCut
		}
		if _, err := o.w.Write(bytes[:n]); err != nil {
			if f.cut.Load() {
				return errCut
			}
			return errGone
		}
		bytes = bytes[n:]
	}
	return nil
}
