package httpflight_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight/httpflight"
)

// numbered answers after a second with the number of the load, and fails while
// down says how.
func numbered(headers ...string) (o *origin, down *atomic.Value) {
	down = new(atomic.Value)
	var n atomic.Int64
	o = newOrigin(func(w http.ResponseWriter, r *http.Request) {
		wait(r.Context(), time.Second)
		if fail, ok := down.Load().(func(http.ResponseWriter)); ok && fail != nil {
			fail(w)
			return
		}
		addAll(w.Header(), headers)
		fmt.Fprint(w, "answer ", n.Add(1))
	})
	return o, down
}

func TestStaleAnswerIsGivenWhileOneLoadFetchesTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _ := numbered()
		h := newHandler(t, o, httpflight.Config{Reuse: 10 * time.Second, Stale: 20 * time.Second})
		get(h)
		time.Sleep(13 * time.Second)
		begin := time.Now()
		for i, c := range herd(h, 50) {
			if c.body.String() != "answer 1" || c.cacheStatus() != "httpflight; hit; ttl=-3; detail=revalidate" || c.sent.Get("Age") != "13" {
				t.Fatalf("client %d: %q, %s, Age %s", i, c.body.String(), c.cacheStatus(), c.sent.Get("Age"))
			}
		}
		if time.Since(begin) != 0 {
			t.Errorf("they waited for %v", time.Since(begin))
		}
		time.Sleep(2 * time.Second)
		if c := get(h); c.body.String() != "answer 2" || o.asked.Load() != 2 || figure(h, "httpflight.requests", "stale") != 50 {
			t.Errorf("afterwards %q of %d loads, %v stale", c.body.String(), o.asked.Load(), figure(h, "httpflight.requests", "stale"))
		}
		time.Sleep(40 * time.Second)
		if c := get(h); c.body.String() != "answer 3" {
			t.Errorf("beyond Stale: %q", c.body.String())
		}
		time.Sleep(time.Minute)
		wantNothingHeld(t, h)
	})
}

// What is stale by less than a second says so.
func TestLifetimeOfWhatIsJustStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _ := numbered()
		h := newHandler(t, o, httpflight.Config{Reuse: 10 * time.Second, Stale: 20 * time.Second})
		get(h)
		time.Sleep(10*time.Second + 500*time.Millisecond)
		if got := get(h).cacheStatus(); got != "httpflight; hit; ttl=-1; detail=revalidate" {
			t.Errorf("got %s", got)
		}
		time.Sleep(time.Minute)
	})
}

func TestStaleAnswerStandsInHoweverTheLoadFails(t *testing.T) {
	for name, fail := range map[string]func(http.ResponseWriter){
		"503":        func(w http.ResponseWriter) { http.Error(w, "down", http.StatusServiceUnavailable) },
		"500 cookie": func(w http.ResponseWriter) { w.Header().Set("Set-Cookie", "a=b"); http.Error(w, "down", 500) },
		"panic":      func(http.ResponseWriter) { panic("banana") },
		"abort":      func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"silent":     func(http.ResponseWriter) { time.Sleep(time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, down := numbered()
				h := newHandler(t, o, httpflight.Config{Reuse: time.Second, StaleIfError: time.Minute, LoadTimeout: 5 * time.Second, Mark: time.Millisecond})
				get(h)
				down.Store(fail)
				time.Sleep(2 * time.Second)
				for _, want := range []string{"fwd=stale", "hit"} { // those who waited for the load, and those who come just after
					for i, c := range herd(h, 20) {
						if c.body.String() != "answer 1" || c.status != 200 || !strings.HasPrefix(c.cacheStatus(), "httpflight; "+want+"; ttl=-") {
							t.Fatalf("client %d: %d %q, %s", i, c.status, c.body.String(), c.cacheStatus())
						}
					}
				}
				if o.asked.Load() != 2 {
					t.Errorf("%d loads, want 2: an origin that is down is left alone", o.asked.Load())
				}
				down.Store((func(http.ResponseWriter))(nil))
				time.Sleep(2 * time.Second)
				if c := get(h); c.body.String() != "answer 2" {
					t.Errorf("when it is up again: %q", c.body.String())
				}
				down.Store(fail)
				time.Sleep(2 * time.Minute)
				c := newClient("GET", list)
				withLog(c)
				if c.do(h); c.body.String() == "answer 2" {
					t.Error("it stands in beyond its time")
				}
				time.Sleep(2 * time.Minute)
				wantNothingHeld(t, h)
			})
		})
	}
}

// A load in the background that hangs does not keep the answer from being loaded anew
// when it was given up.
func TestRefreshThatHangsIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin(nil)
		o.serve = func(w http.ResponseWriter, _ *http.Request) {
			n := o.asked.Load()
			if n == 2 {
				time.Sleep(2 * time.Hour) // whether it is wanted or not
			}
			fmt.Fprint(w, "answer ", n)
		}
		h := newHandler(t, o, httpflight.Config{Reuse: time.Second, Stale: time.Hour, LoadTimeout: 10 * time.Second})
		for range 3 {
			if c := get(h); c.body.String() != "answer 1" {
				t.Errorf("got %q", c.body.String())
			}
			time.Sleep(20 * time.Second)
		}
		if c := get(h); c.body.String() != "answer 3" || o.asked.Load() < 3 {
			t.Errorf("got %q of %d loads", c.body.String(), o.asked.Load())
		}
		time.Sleep(3 * time.Hour)
		wantNothingHeld(t, h)
	})
}

// Who accepts gzip gets the plain form rather than an error.
func TestPlainAnswerStandsInForACompressedOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, down := numbered("Content-Type: text/plain")
		h := newHandler(t, o, httpflight.Config{Reuse: time.Second, StaleIfError: time.Minute, Gzip: true})
		get(h)
		down.Store(func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) })
		time.Sleep(2 * time.Second)
		if c := get(h, "Accept-Encoding: gzip"); c.status != 200 || c.body.String() != "answer 1" || !strings.HasPrefix(c.cacheStatus(), "httpflight; fwd=stale;") {
			t.Errorf("got %d %q, %s", c.status, c.body.String(), c.cacheStatus())
		}
		time.Sleep(time.Minute)
		wantNothingHeld(t, h)
	})
}

// What an answer says itself is heeded: RFC 5861, and RFC 9111, 4.2.4.
func TestAnswersSayHowStaleTheyMayGet(t *testing.T) {
	for header, want := range map[string]struct{ while, ifError bool }{
		"Cache-Control: max-age=1":                                                            {true, true},
		"Cache-Control: max-age=1, must-revalidate":                                           {false, false},
		"Cache-Control: max-age=1, proxy-revalidate, stale-while-revalidate=60":               {false, false},
		"Cache-Control: s-maxage=1":                                                           {false, false},
		"Cache-Control: s-maxage=1, stale-while-revalidate=60":                                {true, false},
		"Cache-Control: max-age=1, stale-while-revalidate=2, stale-if-error=2":                {false, false},
		"Cache-Control: max-age=1, stale-while-revalidate=0":                                  {false, true},
		"Cache-Control: max-age=1, stale-if-error=banana":                                     {true, false},
		"Cache-Control: max-age=1, stale-while-revalidate=99999999, stale-if-error=999999999": {true, true},
	} {
		t.Run(header, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, down := numbered(header)
				h := newHandler(t, o, httpflight.Config{Reuse: 10 * time.Second, Stale: 10 * time.Second, StaleIfError: 20 * time.Second})
				get(h)
				time.Sleep(5 * time.Second)
				if got := get(h).body.String() == "answer 1"; got != want.while {
					t.Errorf("while the next one is loaded: stale is given: %v, want %v", got, want.while)
				}
				time.Sleep(15 * time.Second) // beyond Stale, within StaleIfError
				down.Store(func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) })
				if got := get(h).status == 200; got != want.ifError {
					t.Errorf("if the load fails: stale is given: %v, want %v", got, want.ifError)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// An answer that turned private, or that is not kept, replaces the one before.
func TestWhatIsNotTrueAnyMoreIsNotGiven(t *testing.T) {
	for _, header := range []string{"Set-Cookie: id=1", "Cache-Control: private", "Cache-Control: max-age=0"} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
				if n++; n > 1 {
					addAll(w.Header(), []string{header})
				}
				fmt.Fprint(w, "answer ", n)
			})
			h := newHandler(t, o, httpflight.Config{Reuse: time.Second, Stale: time.Hour, StaleIfError: time.Hour})
			get(h)
			time.Sleep(2 * time.Second)
			get(h)
			synctest.Wait() // for the load in the background
			if c := get(h); c.body.String() != "answer 3" {
				t.Errorf("%s: got %q of %d", header, c.body.String(), n)
			}
			synctest.Wait()
			wantNothingHeld(t, h)
		})
	}
}

// A body that turns out too large, and that nobody waits for, is given up.
func TestLargeBodyForNobodyIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		size := 100
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			for data := make([]byte, size); ; {
				if _, err := w.Write(data); err != nil || size == 100 {
					return
				}
			}
		})
		h := newHandler(t, o, httpflight.Config{MaxBody: 1 << 20, Stale: time.Minute})
		get(h)
		synctest.Wait() // it may be through before the load has ended
		size = 64 << 10
		get(h)
		synctest.Wait()
		if running := figure(h, "httpflight.running"); running != 0 || o.asked.Load() != 2 {
			t.Errorf("%v loads run on, of %d", running, o.asked.Load())
		}
		time.Sleep(time.Hour)
		wantNothingHeld(t, h)
	})
}

// Slow clients of older answers keep no more of them alive than allowed.
func TestGenerationsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _ := numbered()
		h := newHandler(t, o, httpflight.Config{Reuse: time.Second, MaxGenerations: 2, StallTimeout: time.Hour})
		release := make(chan struct{})
		var slow sync.WaitGroup
		for i := range 20 {
			c := newClient("GET", list)
			c.stall = release
			slow.Go(func() { c.do(h) })
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if n := figure(h, "httpflight.generations"); n > 2 {
				t.Fatalf("after %d slow clients: %v answers are alive", i+1, n)
			}
		}
		if c := get(h); o.asked.Load() != 2 || c.body.String() != "answer 2" || !strings.HasSuffix(c.cacheStatus(), "detail=generations") {
			t.Errorf("%d loads, %q, %s", o.asked.Load(), c.body.String(), c.cacheStatus())
		}
		close(release)
		slow.Wait()
		time.Sleep(2 * time.Second)
		if c := get(h); c.body.String() != "answer 3" {
			t.Errorf("when they are through: %q", c.body.String())
		}
		time.Sleep(time.Minute)
		if n := figure(h, "httpflight.generations"); n != 0 {
			t.Errorf("%v answers are alive at the end", n)
		}
		wantNothingHeld(t, h)
	})
}

// Stale answers make room for fresh ones, and Close lets go of all.
func TestStaleAnswersMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, newOrigin(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, r.URL.RawQuery)
		}), httpflight.Config{Reuse: time.Minute, StaleIfError: 24 * time.Hour, MaxBytes: 1 << 20})
		ask := func(i int) *client { return newClient("GET", fmt.Sprint("http://a.example/?", i)).do(h) }
		for i := range 500 {
			ask(i)
			time.Sleep(10 * time.Second)
			if i%50 == 0 && figure(h, "httpflight.kept") > 1<<19 {
				t.Fatalf("%v bytes are kept", figure(h, "httpflight.kept"))
			}
			if c := ask(i); !strings.HasPrefix(c.cacheStatus(), "httpflight; hit") {
				t.Fatalf("address %d was not kept: %s", i, c.cacheStatus())
			}
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		wantNothingHeld(t, h)
	})
}

// What is loaded for nobody in particular counts as what is loaded for a client.
func TestRefreshedAnswersCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 1 << 20
		h := newHandler(t, newOrigin(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(strings.Repeat("x", size)))
		}), httpflight.Config{Reuse: time.Second, Stale: time.Minute})
		get(h)
		synctest.Wait()
		for i := range 3 {
			if held, kept := figure(h, "httpflight.held"), figure(h, "httpflight.kept"); held < size || kept < size {
				t.Errorf("refreshed %d times: an answer of %d bytes is kept, %v count as held, %v as kept", i, size, held, kept)
			}
			time.Sleep(2 * time.Second)
			get(h)
			synctest.Wait()
		}
	})
}

func TestAnswersForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _ := numbered()
		h := newHandler(t, o, httpflight.Config{Reuse: math.MaxInt64, Stale: math.MaxInt64, StaleIfError: time.Hour})
		get(h)
		time.Sleep(24 * time.Hour)
		if c := get(h); c.body.String() != "answer 1" || o.asked.Load() != 1 {
			t.Errorf("%q after %d loads, %s", c.body.String(), o.asked.Load(), c.cacheStatus())
		}
	})
}
