package gate

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestBytesKeptForReuseAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shelf
		for i, want := range []time.Duration{time.Minute, time.Minute, 0, 0} {
			if got := s.keep(MaxBody, time.Minute); got != want {
				t.Errorf("page %d is kept for %v, want %v", i, got, want)
			}
		}
		time.Sleep(time.Minute)
		if got := s.keep(MaxBody, time.Minute); got != time.Minute {
			t.Errorf("after a minute a page is kept for %v", got)
		}
	})
}

func TestPagesKeptForReuseAreBounded(t *testing.T) {
	var s shelf
	kept := 0
	for range 1000 {
		if s.keep(0, time.Hour) > 0 {
			kept++
		}
	}
	if kept != maxKeptPages || len(s.kept) != maxKeptPages {
		t.Errorf("%d pages kept, %d accounted for", kept, len(s.kept))
	}
}

// stalled is a client that does not read.
type stalled struct {
	http.ResponseWriter
	until chan struct{}
}

func (s stalled) Write([]byte) (int, error) { <-s.until; return 0, io.ErrClosedPipe }

func TestBytesOnTheirWayToSlowClientsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		h := g.Protect("heap", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			g.Serve(w, r, Page{Key: "text", ContentType: "text/plain", Render: renderLarge})
		}))
		until := make(chan struct{})
		for range maxSending / MaxBody {
			go h.ServeHTTP(stalled{httptest.NewRecorder(), until}, localRequest())
			synctest.Wait()
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, localRequest())
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("got %d while %s MiB wait for slow clients", w.Code, strconv.FormatInt(g.sending.Load()>>20, 10))
		}
		close(until)
		synctest.Wait()
		if g.sending.Load() != 0 || g.asking.Load() != 0 {
			t.Errorf("%d bytes and %d requests left over", g.sending.Load(), g.asking.Load())
		}
	})
}

func renderLarge(_ context.Context, w io.Writer) error {
	_, err := w.Write(make([]byte, MaxBody))
	return err
}

func localRequest() *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/debug/heap", nil)
	r.Host, r.RemoteAddr = "localhost", "127.0.0.1:40000"
	return r
}

func BenchmarkProtect(b *testing.B) {
	g, err := New(Config{})
	if err != nil {
		b.Fatal(err)
	}
	h := g.Protect("heap", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := localRequest()
	r.Header.Set("User-Agent", "curl/8.5.0")
	r.Header.Set("Accept", "*/*")
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		clear(w.Header())
		h.ServeHTTP(w, r)
	}
}

func BenchmarkProtectToken(b *testing.B) {
	g, err := New(Config{Token: "0123456789abcdef"})
	if err != nil {
		b.Fatal(err)
	}
	h := g.Protect("heap", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := localRequest()
	r.Header.Set("Authorization", "Bearer 0123456789abcdef")
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		clear(w.Header())
		h.ServeHTTP(w, r)
	}
}

func BenchmarkServeReady(b *testing.B) {
	g, err := New(Config{})
	if err != nil {
		b.Fatal(err)
	}
	page := Page{Key: "text", ContentType: "text/plain", Reuse: time.Hour, Validator: func() string { return "1" }, Render: func(_ context.Context, w io.Writer) error {
		_, err := w.Write(make([]byte, 10<<10))
		return err
	}}
	h := g.Protect("heap", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.Serve(w, r, page) }))
	for _, condition := range []string{"", `W/"1"`} {
		b.Run("If-None-Match="+condition, func(b *testing.B) {
			r, w := localRequest(), httptest.NewRecorder()
			r.Header.Set("If-None-Match", condition)
			b.ReportAllocs()
			for b.Loop() {
				clear(w.Header())
				w.Body.Reset()
				g.sends.full = time.Time{} // what is measured is the work, not the pace
				h.ServeHTTP(w, r)
			}
		})
	}
}
