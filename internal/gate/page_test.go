package gate_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/gate"
)

// textPage returns a page whose rendering takes d and counts itself.
func textPage(key string, d time.Duration, renders *atomic.Int64) gate.Page {
	return gate.Page{Key: key, ContentType: "text/plain; charset=utf-8", Render: func(ctx context.Context, w io.Writer) error {
		n := renders.Add(1)
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		_, err := fmt.Fprintf(w, "%s %d", key, n)
		return err
	}}
}

// pages returns a handler that serves the page which the query names.
func pages(g *gate.Gate, page func(key string) gate.Page) http.Handler {
	return g.Protect("heap", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.Serve(w, r, page(r.URL.Query().Get("page")))
	}))
}

func pageRequest(t *testing.T, method, key string) *http.Request {
	r := request(method, local)
	r.URL = parse(t, "/debug/heap?page="+key)
	return r.WithContext(t.Context())
}

// herd sends n requests at once and returns how many got each answer.
func herd(t *testing.T, h http.Handler, n int, key func(i int) string) map[string]int {
	var mu sync.Mutex
	got := map[string]int{}
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			w := answer(h, pageRequest(t, "GET", key(i)))
			mu.Lock()
			defer mu.Unlock()
			got[fmt.Sprintf("%d %s", w.Code, strings.TrimSpace(w.Body.String()))]++
		})
	}
	wait.Wait()
	return got
}

func same(int) string { return "text" }

func TestHerdCausesOneRendering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		var renders atomic.Int64
		h := pages(g, func(key string) gate.Page { return textPage(key, 100*time.Millisecond, &renders) })
		got := herd(t, h, 20, same)
		if renders.Load() != 1 || got["200 text 1"] != 5 {
			t.Errorf("%d renderings, answers %v, want one rendering for five requests", renders.Load(), got)
		}
		if got["429 Too many requests for debug pages at once. Try again in a second."] != 15 {
			t.Errorf("answers %v, want 429 for fifteen", got)
		}
		if got := herd(t, h, 10, same); got["200 text 1"] != 10 || renders.Load() != 1 {
			t.Errorf("ready bytes: answers %v after %d renderings", got, renders.Load())
		}
		time.Sleep(time.Second)
		if got := herd(t, h, 1, same); got["200 text 2"] != 1 {
			t.Errorf("a second later: answers %v", got)
		}
	})
}

func TestOnePageIsRenderedAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		var running, most atomic.Int64
		h := pages(g, func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Render: func(context.Context, io.Writer) error {
				most.Store(max(most.Load(), running.Add(1)))
				defer running.Add(-1)
				time.Sleep(50 * time.Millisecond)
				return nil
			}}
		})
		begin := time.Now()
		if got := herd(t, h, 5, func(i int) string { return fmt.Sprint(i) }); got["200 "] != 5 {
			t.Errorf("answers %v", got)
		}
		if most.Load() != 1 || time.Since(begin) != 250*time.Millisecond {
			t.Errorf("%d at a time, done after %v", most.Load(), time.Since(begin))
		}
	})
}

func TestReadyPageIsServedWhileOthersWaitForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		var renders atomic.Int64
		h := pages(g, func(key string) gate.Page {
			p := textPage(key, time.Minute, &renders)
			p.Reuse = time.Hour
			return p
		})
		herd(t, h, 1, func(int) string { return "ready" })
		var wait sync.WaitGroup
		wait.Go(func() { herd(t, h, 9, func(int) string { return "slow" }) })
		synctest.Wait()
		begin := time.Now()
		if got := herd(t, h, 9, func(int) string { return "ready" }); got["200 ready 1"] != 9 || time.Since(begin) != 0 {
			t.Errorf("answers %v after %v", got, time.Since(begin))
		}
		wait.Wait()
	})
}

// A client can be through before the goroutine that rendered is.
func TestPageIsReusedHoweverFastItsClientLeaves(t *testing.T) {
	for range 500 {
		var renders atomic.Int64
		h := pages(newGate(t, gate.Config{}), func(key string) gate.Page { return textPage(key, 0, &renders) })
		answer(h, pageRequest(t, "GET", "text"))
		if w := answer(h, pageRequest(t, "GET", "text")); w.Body.String() != "text 1" {
			t.Fatalf("the second request got %s", w.Body)
		}
	}
}

// Also for a client that asks again before the goroutine that rendered is through.
func TestNegativeReuseRendersEachTime(t *testing.T) {
	for range 500 {
		var renders atomic.Int64
		h := pages(newGate(t, gate.Config{}), func(key string) gate.Page {
			p := textPage(key, 0, &renders)
			p.Reuse = -1
			return p
		})
		for i := range 3 {
			if got, want := answer(h, pageRequest(t, "GET", "text")).Body.String(), fmt.Sprintf("text %d", i+1); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
	}
}

func TestSameKeyOnTwoEndpointsIsTwoPages(t *testing.T) {
	g := newGate(t, gate.Config{})
	for _, name := range []string{"heap", "goroutines"} {
		h := g.Protect(name, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			g.Serve(w, r, gate.Page{Key: "text", ContentType: "text/plain", Render: func(_ context.Context, w io.Writer) error {
				_, err := io.WriteString(w, name)
				return err
			}})
		}))
		if got := answer(h, request("GET", local)).Body.String(); got != name {
			t.Errorf("endpoint %s shows the page of %s", name, got)
		}
	}
}

func TestLastClientToLeaveCancelsTheRendering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		var stopped atomic.Bool
		h := pages(g, func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Render: func(ctx context.Context, _ io.Writer) error {
				<-ctx.Done()
				stopped.Store(true)
				return context.Cause(ctx)
			}}
		})
		ctx, leave := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() { answer(h, pageRequest(t, "GET", "text").WithContext(ctx)) })
		}
		synctest.Wait()
		if stopped.Load() {
			t.Error("stopped while clients wait")
		}
		leave()
		wait.Wait()
		synctest.Wait()
		if !stopped.Load() {
			t.Error("still rendering for nobody")
		}
		if got := collect(t, g)["heap canceled"]; got != 3 {
			t.Errorf("%v requests counted as canceled, want 3", got)
		}
	})
}

func TestHeadHasTheHeadersOfGetAndNoBody(t *testing.T) {
	var renders atomic.Int64
	g := newGate(t, gate.Config{})
	h := pages(g, func(string) gate.Page {
		p := textPage("text", 0, &renders)
		p.Filename = "heap.pb.gz"
		return p
	})
	if w := answer(h, request("HEAD", local)); w.Body.Len() != 0 {
		t.Errorf("HEAD: the handler wrote %q", w.Body)
	}
	u := listen(t, h)
	response, body := ask(t, u, func(r *http.Request) { r.Method = "HEAD" })
	if response.StatusCode != 200 || response.ContentLength != int64(len("text 1")) || body != "" {
		t.Errorf("HEAD: got %s, %d bytes announced, body %q", response.Status, response.ContentLength, body)
	}
	response, body = ask(t, u, func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip, br") })
	if body != "text 1" || response.Header.Get("Content-Encoding") != "" {
		t.Errorf("GET: got %q, %v", body, response.Header)
	}
	if got := response.Header.Get("Content-Disposition"); got != "attachment; filename=heap.pb.gz" {
		t.Errorf("Content-Disposition is %q", got)
	}
	if got := response.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("Content-Type is %q", got)
	}
	wantSecurityHeaders(t, "page", response.Header)
}

func TestPageOfExactlyMaxBodyIsServed(t *testing.T) {
	large := make([]byte, gate.MaxBody)
	h := pages(newGate(t, gate.Config{}), func(string) gate.Page {
		return gate.Page{Key: "text", ContentType: "text/plain", Render: func(_ context.Context, w io.Writer) error {
			_, err := w.Write(large)
			return err
		}}
	})
	if w := answer(h, pageRequest(t, "GET", "text")); w.Code != 200 || w.Body.Len() != gate.MaxBody {
		t.Errorf("got %d with %d bytes", w.Code, w.Body.Len())
	}
}

func TestOuterGateDecidesForInnerOnes(t *testing.T) {
	const token = "0123456789abcdef"
	outer, inner := newGate(t, gate.Config{Token: token}), newGate(t, gate.Config{})
	var renders atomic.Int64
	h := outer.Protect("heap", inner.Protect("inner", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.Serve(w, r, textPage("text", 0, &renders))
	})), gate.AllowPOST)

	if w := answer(h, request("GET", local)); w.Code != 401 {
		t.Errorf("without the token of the outer gate: got %d, want 401", w.Code)
	}
	stranger := request("GET", "203.0.113.9:1")
	stranger.Header.Set("Authorization", "Bearer "+token)
	for range 2 {
		if w := answer(h, stranger); w.Code != 200 {
			t.Errorf("with the token of the outer gate: got %d, want 200", w.Code)
		}
	}
	if n := renders.Load(); n != 1 {
		t.Errorf("%d renderings of one page, want 1", n)
	}
	post := request("POST", local)
	post.Header.Set("Authorization", "Bearer "+token)
	if w := answer(h, post); w.Code != 405 {
		t.Errorf("a method that the inner handler does not allow: got %d, want 405", w.Code)
	}
	if got := collect(t, outer)["heap served"]; got != 2 {
		t.Errorf("the outer gate counts %v requests, want 2", got)
	}
	if got := collect(t, inner)["inner served"]; got != 0 {
		t.Errorf("the inner gate counts %v requests, want 0", got)
	}
}

// Two handlers with gates of their own may both call a page "text".
func TestGatesBehindAGateDoNotMixTheirPages(t *testing.T) {
	parts := map[string]http.Handler{}
	for _, name := range []string{"a", "b"} {
		g := newGate(t, gate.Config{})
		page := gate.Page{Key: "text", ContentType: "text/plain", Render: func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, name)
			return err
		}}
		parts[name] = g.Protect("part", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.Serve(w, r, page) }))
	}
	h := newGate(t, gate.Config{}).Protect("all", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts[r.URL.Query().Get("page")].ServeHTTP(w, r)
	}))
	for _, name := range []string{"a", "b", "a"} {
		if w := answer(h, pageRequest(t, "GET", name)); w.Code != 200 || w.Body.String() != name {
			t.Errorf("%s gives %d %q", name, w.Code, w.Body)
		}
	}
}
