package httpflight_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/singleflight/httpflight"
)

// client is a request and what came of it. Its connection can be made to stand
// still.
type client struct {
	r      *http.Request
	header http.Header
	stall  chan struct{} // if set, Write waits until it is closed

	mu      sync.Mutex
	status  int
	sent    http.Header // as of WriteHeader
	body    bytes.Buffer
	first   time.Time // of the body
	aborted bool
	expired chan struct{}
	timer   *time.Timer
}

// list is the address that most tests ask for.
const list = "http://shop.example/list?page=1"

func newClient(method, url string, headers ...string) *client {
	r := httptest.NewRequest(method, url, nil)
	addAll(r.Header, headers)
	return &client{r: r, header: http.Header{}, expired: make(chan struct{})}
}

// addAll adds headers that are written as "Name: value".
func addAll(h http.Header, lines []string) {
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
}

func (c *client) Header() http.Header { return c.header }

func (c *client) WriteHeader(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status == 0 {
		c.status, c.sent = status, maps.Clone(c.header)
	}
}

func (c *client) Write(p []byte) (int, error) {
	c.WriteHeader(200)
	if c.stall != nil {
		select {
		case <-c.stall:
		case <-c.expiry():
			return 0, errors.New("deadline exceeded")
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.body.Len() == 0 && len(p) > 0 {
		c.first = time.Now()
	}
	return c.body.Write(p)
}

func (c *client) expiry() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.expired
}

func (c *client) Flush() {}

// SetWriteDeadline is what http.ResponseController looks for.
func (c *client) SetWriteDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
	select {
	case <-c.expired:
		c.expired = make(chan struct{})
	default:
	}
	if expired := c.expired; !at.IsZero() {
		c.timer = time.AfterFunc(time.Until(at), func() { close(expired) })
	}
	return nil
}

// do runs the request to its end.
func (c *client) do(h http.Handler) (done *client) {
	done = c
	defer func() {
		if v := recover(); v != nil {
			if v != http.ErrAbortHandler {
				panic(v)
			}
			c.mu.Lock()
			c.aborted = true
			c.mu.Unlock()
		}
	}()
	h.ServeHTTP(c, c.r)
	c.WriteHeader(200)
	return c
}

// cacheStatus returns what Cache-Status says.
func (c *client) cacheStatus() string { return strings.Join(c.sent.Values("Cache-Status"), ", ") }

func get(h http.Handler, headers ...string) *client {
	return newClient("GET", list, headers...).do(h)
}

// herd lets n clients ask at once and waits for all.
func herd(h http.Handler, n int, headers ...string) []*client {
	clients := make([]*client, n)
	var wait sync.WaitGroup
	for i := range clients {
		wait.Go(func() { clients[i] = get(h, headers...) })
	}
	wait.Wait()
	return clients
}

// origin counts how often it was asked.
type origin struct {
	asked atomic.Int64
	serve func(w http.ResponseWriter, r *http.Request)
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.asked.Add(1)
	o.serve(w, r)
}

func newOrigin(serve func(w http.ResponseWriter, r *http.Request)) *origin {
	return &origin{serve: serve}
}

// slow answers with a body after a second.
func slow(body string, headers ...string) *origin {
	return newOrigin(func(w http.ResponseWriter, r *http.Request) {
		addAll(w.Header(), headers)
		wait(r.Context(), time.Second)
		_, _ = w.Write([]byte(body))
	})
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func newHandler(t testing.TB, next http.Handler, config httpflight.Config) *httpflight.Handler {
	t.Helper()
	h := httpflight.New(next, config)
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// figure returns the value of a metric, by its name and label values.
func figure(s metric.Source, name string, labels ...string) float64 {
	value := -1.0
	s.Collect(func(x metric.Sample) {
		if x.Desc.Name == name && strings.Join(x.LabelValues, ",") == strings.Join(labels, ",") {
			value = x.Value
		}
	})
	return value
}

func wantNothingHeld(t *testing.T, h *httpflight.Handler) {
	t.Helper()
	for _, name := range []string{"httpflight.held", "httpflight.kept", "httpflight.running"} {
		if got := figure(h, name); got != 0 {
			t.Errorf("%s is %v when all is over", name, got)
		}
	}
}
