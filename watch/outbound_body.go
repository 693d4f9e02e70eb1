package watch

import (
	"fmt"
	"io"
	"net/http"
)

// counted returns a request whose body counts what is read from it. A RoundTripper
// must not change the request that it was given.
func counted(r *http.Request, h *host) *http.Request {
	if r.Body == nil || r.Body == http.NoBody {
		return r
	}
	r = r.WithContext(r.Context())
	r.Body = &sentBody{r.Body, h}
	if again := r.GetBody; again != nil { // the transport tries again on a new connection
		r.GetBody = func() (io.ReadCloser, error) {
			body, err := again()
			if err != nil {
				return nil, err
			}
			return &sentBody{body, h}, nil
		}
	}
	return r
}

type sentBody struct {
	io.ReadCloser
	host *host
}

func (b *sentBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.host.sent.Add(uint64(max(n, 0)))
	return n, err
}

// receivedBody counts what is read from a response, and notes its end.
type receivedBody struct {
	io.ReadCloser
	outbound *Outbound
	ticket   ticket[*host]
	host     *host
}

// watchBody returns the body that the caller gets. After a switch of protocols it
// has to be a Writer as well (http.Response.Body).
func (o *Outbound) watchBody(r *http.Response, k ticket[*host], h *host) io.ReadCloser {
	if r.Body == nil || r.Body == http.NoBody {
		o.calls.remove(k, o.calls.now(), second)
		return r.Body
	}
	body := &receivedBody{r.Body, o, k, h}
	if w, ok := r.Body.(io.Writer); ok {
		return &switchedBody{body, w}
	}
	return body
}

// Read notes the end of a body that was read to its end, though not closed: then it
// holds no connection.
func (b *receivedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.host.received.Add(uint64(max(n, 0)))
	if err != nil {
		b.end()
	}
	return n, err
}

func (b *receivedBody) Close() error {
	b.end()
	return b.ReadCloser.Close()
}

// end may be called twice: the second time the ticket is void.
func (b *receivedBody) end() { b.outbound.calls.remove(b.ticket, b.outbound.calls.now(), second) }

type switchedBody struct {
	*receivedBody
	writer io.Writer
}

func (b *switchedBody) Write(p []byte) (int, error) {
	n, err := b.writer.Write(p)
	b.host.sent.Add(uint64(max(n, 0)))
	return n, err
}

// CloseWrite is what httputil.ReverseProxy asks for when one side has said all it will:
// else it closes both directions.
func (b *switchedBody) CloseWrite() error {
	if half, ok := b.writer.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return fmt.Errorf("watch: CloseWrite: %w", http.ErrNotSupported)
}
