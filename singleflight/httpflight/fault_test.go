package httpflight_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/singleflight/httpflight"
)

// withLog makes what the handler logs for the client go to a buffer.
func withLog(c *client) *bytes.Buffer {
	var b bytes.Buffer
	server := &http.Server{ErrorLog: log.New(&b, "", 0)}
	c.r = c.r.WithContext(context.WithValue(c.r.Context(), http.ServerContextKey, server))
	return &b
}

func TestFaultsBeforeTheHeaders(t *testing.T) {
	for name, test := range map[string]struct {
		serve  func(w http.ResponseWriter, r *http.Request)
		status int
		abort  bool
		logged string
	}{
		"panic":         {func(http.ResponseWriter, *http.Request) { panic("banana") }, 500, false, "banana"},
		"panic abort":   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, true, ""},
		"Goexit":        {func(http.ResponseWriter, *http.Request) { runtime.Goexit() }, 500, false, "Goexit"},
		"hangs":         {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 504, false, "LoadTimeout"},
		"ignores":       {func(http.ResponseWriter, *http.Request) { time.Sleep(time.Minute) }, 504, false, "LoadTimeout"},
		"bad status":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(1000) }, 500, false, "1000"},
		"injection":     {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-A", "1\r\nSet-Cookie: a=b") }, 502, false, "X-A"},
		"injected name": {func(w http.ResponseWriter, _ *http.Request) { w.Header()["X: 1\r\nSet-Cookie"] = []string{"a"} }, 502, false, "Set-Cookie"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOrigin(func(w http.ResponseWriter, r *http.Request) { time.Sleep(time.Second); test.serve(w, r) })
				h := newHandler(t, o, httpflight.Config{LoadTimeout: 10 * time.Second})
				var all sync.WaitGroup
				for range 5 {
					all.Go(func() {
						c := newClient("GET", "http://a.example/")
						logged := withLog(c)
						func() { defer func() { _ = recover() }(); c.do(h) }()
						c.mu.Lock()
						defer c.mu.Unlock()
						if c.aborted != test.abort || c.status != test.status || len(c.sent.Values("Set-Cookie")) > 0 {
							t.Errorf("aborted: %v, status %d, %v", c.aborted, c.status, c.sent)
						}
						if logged.Len() > 0 && (test.logged == "" || !strings.Contains(logged.String(), test.logged)) {
							t.Errorf("logged %q", logged)
						}
					})
				}
				all.Wait()
				if n := o.asked.Load(); n != 1 {
					t.Errorf("%d loads", n)
				}
				time.Sleep(2 * time.Minute)
				wantNothingHeld(t, h)
			})
		})
	}
}

func TestFaultsInTheBodyAbortEveryone(t *testing.T) {
	for name, serve := range map[string]func(w http.ResponseWriter, r *http.Request){
		"dies":          func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"panics":        func(http.ResponseWriter, *http.Request) { panic("banana") },
		"wrote too few": func(http.ResponseWriter, *http.Request) {},
		"falls silent":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"hangs":         func(http.ResponseWriter, *http.Request) { time.Sleep(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Length", "1000")
					w.Header().Set("Content-Type", "text/plain")
					_, _ = w.Write(make([]byte, 600))
					time.Sleep(time.Second)
					serve(w, r)
				})
				h := newHandler(t, o, httpflight.Config{Reuse: time.Minute})
				for i, c := range herd(h, 10, "X: y") {
					if !c.aborted || c.status != 200 || c.body.Len() != 600 {
						t.Errorf("client %d: aborted %v, %d, %d bytes", i, c.aborted, c.status, c.body.Len())
					}
				}
				if o.asked.Load() != 1 {
					t.Errorf("%d loads", o.asked.Load())
				}
				time.Sleep(2 * time.Hour)
				wantNothingHeld(t, h)
			})
		})
	}
}

// A handler that writes more than it declared gets an error, and its clients
// what was declared, as with net/http.
func TestTooLongBody(t *testing.T) {
	var fault error
	h := newHandler(t, newOrigin(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5")
		_, fault = io.WriteString(w, "hello, world")
	}), httpflight.Config{})
	if c := get(h); c.body.String() != "hello" || c.aborted || !errors.Is(fault, http.ErrContentLength) {
		t.Errorf("got %q, aborted %v, the handler got %v", c.body.String(), c.aborted, fault)
	}
}

// What over a real connection ends early must not look complete.
func TestTruncationIsSeenByARealClient(t *testing.T) {
	for _, declared := range []bool{true, false} {
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			if declared {
				w.Header().Set("Content-Length", "100000")
			}
			_, _ = w.Write(make([]byte, 50000))
			panic(http.ErrAbortHandler)
		})
		server := httptest.NewServer(newHandler(t, o, httpflight.Config{}))
		response, err := server.Client().Get(server.URL)
		if err == nil {
			_, err = io.ReadAll(response.Body)
			response.Body.Close()
		}
		if err == nil {
			t.Errorf("declared %v: a body of half its length looks complete", declared)
		}
		server.Close()
	}
}

// An origin that never ends takes bounded memory, ends with its last client,
// and cuts off who is far behind, but not the only one.
func TestEndlessOrigin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
			for data := make([]byte, 100_000); r.Context().Err() == nil; time.Sleep(10 * time.Millisecond) {
				if _, err := w.Write(data); err != nil {
					return
				}
			}
		})
		h := newHandler(t, o, httpflight.Config{MaxBody: 1 << 20, StallTimeout: time.Hour})
		ctx, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		fast, stuck := newClient("GET", "http://a.example/"), newClient("GET", "http://a.example/")
		fast.r, stuck.r = fast.r.WithContext(ctx), stuck.r.WithContext(ctx)
		stuck.stall = make(chan struct{})
		all.Go(func() { fast.do(h) })
		all.Go(func() { stuck.do(h) })
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if fast.bytes() < 3<<20 || stuck.isAborted() {
			t.Errorf("after half a second: %d bytes, aborted %v", fast.bytes(), stuck.isAborted())
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !stuck.isAborted() || figure(h, "httpflight.cut") != 1 || o.asked.Load() != 1 {
			t.Errorf("who does not read at all: aborted %v, %v cut, %d loads", stuck.isAborted(), figure(h, "httpflight.cut"), o.asked.Load())
		}
		if held := figure(h, "httpflight.held"); held > 1<<20 {
			t.Errorf("%v bytes are held", held)
		}
		slower := newClient("GET", "http://a.example/")
		slower.r, slower.stall = slower.r.WithContext(ctx), make(chan struct{})
		all.Go(func() { slower.do(h) })
		time.Sleep(time.Second)
		synctest.Wait()
		if slower.isAborted() || o.asked.Load() != 2 {
			t.Errorf("the only reader of its load: aborted %v, %d loads", slower.isAborted(), o.asked.Load())
		}
		close(slower.stall)
		leave()
		all.Wait()
		time.Sleep(time.Second)
		wantNothingHeld(t, h)
	})
}

func (c *client) bytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.body.Len()
}

func (c *client) isAborted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.aborted
}

func TestStalledClientIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, slow(strings.Repeat("x", 200_000)), httpflight.Config{StallTimeout: 5 * time.Second})
		stuck := newClient("GET", "http://a.example/")
		stuck.stall = make(chan struct{})
		begin := time.Now()
		if stuck.do(h); time.Since(begin) != 6*time.Second || !stuck.aborted {
			t.Errorf("dropped after %v, aborted %v", time.Since(begin), stuck.aborted)
		}
		synctest.Wait()
		wantNothingHeld(t, h)
	})
}

func TestCloseDuringFlights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/body" {
				w.Header().Set("Content-Type", "text/plain")
				_, _ = io.WriteString(w, "begun")
			}
			wait(r.Context(), time.Minute)
		})
		h := httpflight.New(o, httpflight.Config{LoadTimeout: time.Hour})
		var all sync.WaitGroup
		waiting, reading := newClient("GET", "http://a.example/"), newClient("GET", "http://a.example/body")
		all.Go(func() { waiting.do(h) })
		all.Go(func() { reading.do(h) })
		synctest.Wait()
		begin := time.Now()
		for range 2 {
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		}
		all.Wait()
		if time.Since(begin) != 0 || waiting.status != 503 || waiting.sent.Get("Retry-After") == "" || !reading.aborted {
			t.Errorf("after %v: %d, aborted %v", time.Since(begin), waiting.status, reading.aborted)
		}
		if c := get(h); c.cacheStatus() != "httpflight; fwd=bypass; detail=closed" {
			t.Errorf("after Close: %s", c.cacheStatus())
		}
		wantNothingHeld(t, h)
	})
}

func TestCloseNamesWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Hour) })
		h := httpflight.New(o, httpflight.Config{})
		if c := newClient("GET", "http://a.example/reports/daily").do(h); c.status != 504 {
			t.Errorf("got %d", c.status)
		}
		time.Sleep(time.Second)
		f := h.Findings()
		if len(f) != 1 || f[0].State != finding.Stopped || f[0].Culprits[0].Name != "/reports/daily" {
			t.Errorf("findings: %+v", f)
		}
		if err := h.Close(); err == nil || !strings.Contains(err.Error(), "1 load") {
			t.Errorf("Close: %v", err)
		}
		time.Sleep(2 * time.Hour)
		if err := h.Close(); err != nil || len(h.Findings()) != 0 {
			t.Errorf("after its end: %v, %v", err, h.Findings())
		}
	})
}

func TestNothingLeftAfterManyKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, newOrigin(func(w http.ResponseWriter, r *http.Request) {
			if len(r.URL.RawQuery)%2 == 0 {
				w.Header().Set("Vary", "*")
			}
			_, _ = io.WriteString(w, r.URL.RawQuery)
		}), httpflight.Config{Reuse: time.Second, MaxBytes: 1 << 20})
		for i := range 3000 {
			query := fmt.Sprint(i)
			if c := newClient("GET", "http://a.example/?"+query).do(h); c.body.String() != query {
				t.Fatalf("%d: %d %q", i, c.status, c.body.String())
			}
			if i%100 == 0 && figure(h, "httpflight.held") > 1<<20 {
				t.Fatalf("%v bytes are held", figure(h, "httpflight.held"))
			}
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		wantNothingHeld(t, h)
	})
}
