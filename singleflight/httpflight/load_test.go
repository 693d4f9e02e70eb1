package httpflight

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// late is a context that ends the load at the last moment before the load has made one
// of its own of it.
type late struct {
	context.Context
	once *sync.Once
	do   func()
}

func (l late) Done() <-chan struct{} {
	l.once.Do(l.do)
	return l.Context.Done()
}

// A load that begins in the moment of Close is told, whoever waits for it.
func TestCloseReachesALoadThatJustBegins(t *testing.T) {
	ended := make(chan error, 1)
	h := New(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ended <- r.Context().Err() }), Config{})
	own := newStream(h, flightKey{}, "/")
	own.stream.request <- httptest.NewRequest("GET", "/", nil)
	_ = h.load(late{t.Context(), new(sync.Once), func() { h.shut() }}, own.stream)
	if err := <-ended; err == nil {
		t.Error("the handler behind is called after Close with a context that has not ended, and never will")
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// A write in the moment in which a load has ended keeps its answer off the shelf.
func TestOutdatedAnswerIsNotKept(t *testing.T) {
	h := New(http.NotFoundHandler(), Config{})
	defer h.Close()
	s := newStream(h, flightKey{address: "a"}, "/").stream
	h.loads[s] = time.Now()
	h.outdate("b")
	h.outdate("a")
	delete(h.loads, s)
	if h.shelf.put(s.key, &keptAnswer{opening: &opening{stream: s}, stale: staleness{fresh: time.Hour}}) {
		t.Error("it was kept")
	}
}
