package watch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

// The route of a request that still runs is that of the mux, and no id is told.
func TestRouteAndBytesOfARequestThatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewInFlight(InFlightConfig{CountBytes: true})
		mux, release := http.NewServeMux(), make(chan struct{})
		mux.HandleFunc("GET /users/{name}/report", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "hello")
			w.(http.Flusher).Flush()
			_ = http.NewResponseController(w).Flush()
			<-release
		})
		ctx, leave := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { served(f.Middleware(mux), ctx, "http://example.com/users/alice/report?token=secret") })
		synctest.Wait()
		leave()
		f.look(f.requests.now())
		time.Sleep(time.Minute)
		want := Request{
			Method: "GET", Route: "GET /users/{name}/report", Path: "/users/{name}/report",
			Age: time.Minute, Left: time.Minute, Orphaned: true, Sent: 5,
		}
		if list := f.Requests(10); len(list) != 1 || list[0] != want {
			t.Errorf("the list is %+v, want %+v", list, want)
		}
		wantFinding(t, f, finding.Suspect, "one for 1m: GET /users/{name}/report.")
		close(release)
		group.Wait()
	})
}

// Real connections of HTTP/1 keep their abilities.
func TestCountedResponses(t *testing.T) {
	f := NewInFlight(InFlightConfig{CountBytes: true})
	var sent atomic.Int64
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(f.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, path)
		sent.Store(f.Requests(1)[0].Sent)
		if _, hijacks := w.(http.Hijacker); !hijacks {
			t.Error("the connection cannot be hijacked any more")
		}
	})))
	defer server.Close()
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if n, err := io.Copy(io.Discard, response.Body); n != 100_000 || err != nil {
		t.Errorf("%d bytes came, %v", n, err)
	}
	server.Close()
	if sent.Load() != 100_000 {
		t.Errorf("%d bytes were counted, want 100000", sent.Load())
	}
	http.DefaultClient.CloseIdleConnections()
}

// A handler that streams learns by the error of a flush that its client has left.
func TestCountedWriterSaysWhatAFlushSays(t *testing.T) {
	var said error
	f := NewInFlight(InFlightConfig{CountBytes: true})
	h := f.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		said = http.NewResponseController(w).Flush()
	}))
	h.ServeHTTP(brokenStream{httptest.NewRecorder()}, httptest.NewRequest(http.MethodGet, "/", nil))
	if !errors.Is(said, io.ErrClosedPipe) {
		t.Errorf("the flush gives %v", said)
	}
}

// Other middleware may put writers of its own around that of net/http: what can be
// hijacked, for a WebSocket, still can.
func TestCountedWriterIsHijackedAsBefore(t *testing.T) {
	f := NewInFlight(InFlightConfig{CountBytes: true})
	for name, writer := range map[string]http.ResponseWriter{
		"flushed and hijacked": struct {
			http.ResponseWriter
			http.Flusher
			http.Hijacker
		}{ResponseWriter: httptest.NewRecorder()},
		"hijacked": struct {
			http.ResponseWriter
			http.Hijacker
		}{ResponseWriter: httptest.NewRecorder()},
	} {
		f.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if _, hijacks := w.(http.Hijacker); !hijacks {
				t.Errorf("%s: it cannot be hijacked", name)
			}
			if n, err := io.Copy(w, struct{ io.Reader }{strings.NewReader("hello")}); n != 5 || err != nil || f.Requests(1)[0].Sent != 5 {
				t.Errorf("%s: %d bytes, %v, %d counted, want 5", name, n, err, f.Requests(1)[0].Sent)
			}
		})).ServeHTTP(writer, httptest.NewRequest(http.MethodGet, "/", nil))
	}
}

// brokenStream flushes like the writers of net/http, to a client that has left.
type brokenStream struct{ *httptest.ResponseRecorder }

func (brokenStream) FlushError() error { return io.ErrClosedPipe }
