package httpflight_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight/httpflight"
)

// store is a handler that answers GET with how often it was written to, and other
// methods as the test says.
type store struct {
	version atomic.Int64
	loads   atomic.Int64
	answer  func(w http.ResponseWriter)
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.Header.Get("X-Http-Method-Override") == "" {
		s.loads.Add(1)
		seen := s.version.Load()
		time.Sleep(time.Second)
		w.Header().Set("Content-Type", "application/octet-stream")
		fmt.Fprint(w, seen)
		return
	}
	s.version.Add(1)
	if r.URL.Path = "/changed"; s.answer != nil { // as a router does that cuts a prefix off
		s.answer(w)
	}
}

func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

// Who has written reads what he wrote (RFC 9111, 4.4), and who could not write drops
// nothing of what others read.
func TestWriteDropsWhatIsKeptForItsAddress(t *testing.T) {
	for name, row := range map[string]struct {
		method, url string
		answer      func(w http.ResponseWriter)
		headers     []string
		dropped     bool
	}{
		"POST":            {"POST", list, nil, nil, true},
		"PUT":             {"PUT", list, status(204), nil, true},
		"DELETE":          {"DELETE", list, status(200), []string{"Cookie: id=1"}, true},
		"unknown":         {"PURGE", list, status(200), nil, true},
		"redirect":        {"POST", list, status(303), nil, true},
		"written":         {"POST", list, func(w http.ResponseWriter) { _, _ = io.WriteString(w, "done") }, nil, true},
		"flushed":         {"POST", list, func(w http.ResponseWriter) { w.(http.Flusher).Flush() }, nil, true},
		"early hints":     {"POST", list, func(w http.ResponseWriter) { w.WriteHeader(103); w.WriteHeader(500) }, nil, false},
		"override":        {"GET", list, nil, []string{"X-Http-Method-Override: DELETE"}, true},
		"refused":         {"POST", list, status(405), nil, false},
		"failed":          {"POST", list, status(500), nil, false},
		"OPTIONS":         {"OPTIONS", list, status(204), nil, false},
		"other page":      {"POST", "http://shop.example/list?page=2", nil, nil, false},
		"other host":      {"POST", "http://other.example/list?page=1", nil, nil, false},
		"location":        {"POST", "http://shop.example/list/new", redirect("/list?page=1"), nil, true},
		"whole location":  {"POST", "http://shop.example/list/new", redirect(list), nil, true},
		"other's page":    {"POST", "http://shop.example/list/new", redirect("http://other.example/list?page=1"), nil, false},
		"broken location": {"POST", "http://shop.example/list/new", redirect("http://[/list?page=1"), nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &store{answer: row.answer}
				h := newHandler(t, s, httpflight.Config{Reuse: time.Minute, Stale: time.Minute, Gzip: true})
				for _, variant := range [][]string{{}, {"Accept-Encoding: gzip"}, {"X-Forwarded-Proto: https"}} {
					get(h, variant...)
				}
				synctest.Wait()
				before := s.loads.Load()
				newClient(row.method, row.url, row.headers...).do(h)
				want, loads := "0", before
				if row.dropped {
					want, loads = "1", 2*before
				}
				for _, variant := range [][]string{{}, {"Accept-Encoding: gzip"}, {"X-Forwarded-Proto: https"}} {
					if c := get(h, variant...); c.body.String() != want {
						t.Errorf("%v afterwards: got version %s, want %s: %s", variant, c.body.String(), want, c.cacheStatus())
					}
				}
				if s.loads.Load() != loads {
					t.Errorf("%d loads, want %d", s.loads.Load(), loads)
				}
				time.Sleep(3 * time.Minute)
				wantNothingHeld(t, h)
			})
		})
	}
}

func redirect(to string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusSeeOther)
	}
}

// Who asks after a write does not join a load that began before it, and what that
// brings is not kept. Those who asked before get it.
func TestWriteOutdatesWhatIsBeingLoaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		h := newHandler(t, s, httpflight.Config{Reuse: time.Hour, Stale: time.Hour})
		before := make(chan *client)
		go func() { before <- get(h) }()
		time.Sleep(500 * time.Millisecond)
		newClient("POST", list).do(h)
		after := make(chan *client)
		go func() { after <- get(h) }()
		if c := <-before; c.body.String() != "0" {
			t.Errorf("who asked before the write got %q", c.body.String())
		}
		if c := <-after; c.body.String() != "1" {
			t.Errorf("who asked after it got %q", c.body.String())
		}
		synctest.Wait()
		if c := get(h); c.body.String() != "1" || s.loads.Load() != 2 {
			t.Errorf("later: got %q of %d loads", c.body.String(), s.loads.Load())
		}
	})
}

// With Config.Key a write drops what has the key that a GET to its address has.
func TestWriteIsFoundByTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		h := newHandler(t, s, httpflight.Config{Reuse: time.Hour, Key: func(r *http.Request) (string, bool) {
			return r.URL.Path, r.Method == http.MethodGet
		}})
		get(h)
		synctest.Wait()
		newClient("POST", "http://shop.example/list?session=5").do(h)
		if c := get(h); c.body.String() != "1" {
			t.Errorf("got version %q", c.body.String())
		}
	})
}

// A handler finds what it needs in the ResponseWriter of a write, over a real server.
func TestWriteOverARealServer(t *testing.T) {
	h := newHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(w, bytes.NewReader(body))
	}), httpflight.Config{})
	server := httptest.NewServer(h)
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	response, err := server.Client().Post(server.URL, "text/plain", io.LimitReader(zeros{}, 100_000))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if n, err := io.Copy(io.Discard, response.Body); n != 100_000 || err != nil {
		t.Errorf("got %d bytes, %v", n, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
