package httpflight_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight/httpflight"
)

func TestHerdCausesOneLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := slow("hello")
		h := newHandler(t, o, httpflight.Config{})
		sources := map[string]int{}
		for _, c := range herd(h, 300) {
			if c.status != 200 || c.body.String() != "hello" {
				t.Fatalf("got %d %q", c.status, c.body.String())
			}
			sources[c.cacheStatus()]++
		}
		if o.asked.Load() != 1 || sources["httpflight; fwd=miss"] != 1 || sources["httpflight; fwd=miss; collapsed"] != 299 {
			t.Errorf("%d loads, %v", o.asked.Load(), sources)
		}
		synctest.Wait()
		wantNothingHeld(t, h)
		if loaded, shared := figure(h, "httpflight.requests", "loaded"), figure(h, "httpflight.requests", "shared"); loaded != 1 || shared != 299 {
			t.Errorf("counted %v loaded and %v shared", loaded, shared)
		}
	})
}

// The first byte is there long before the last, for those who come late, too.
func TestFollowersReadWhileItIsLoaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
			for i := range 100 {
				_, _ = fmt.Fprintf(w, "%09d\n", i)
				time.Sleep(100 * time.Millisecond)
			}
		})
		h := newHandler(t, o, httpflight.Config{})
		begin := time.Now()
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 400 * time.Millisecond)
				asked := time.Now()
				c := get(h)
				if c.body.Len() != 1000 || !strings.HasSuffix(c.body.String(), "000000099\n") {
					t.Errorf("client %d got %d bytes", i, c.body.Len())
				}
				if c.first.Sub(asked) != 0 || time.Since(begin) != 10*time.Second {
					t.Errorf("client %d: first byte after %v, done at %v", i, c.first.Sub(asked), time.Since(begin))
				}
			})
		}
		all.Wait()
		if o.asked.Load() != 1 {
			t.Errorf("%d loads", o.asked.Load())
		}
	})
}

func TestReuseAndItsAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := slow("hello", "Age: 5")
		h := newHandler(t, o, httpflight.Config{Reuse: 10 * time.Second})
		date := get(h).sent.Get("Date")
		time.Sleep(3 * time.Second)
		c := get(h)
		if o.asked.Load() != 1 || c.body.String() != "hello" || c.sent.Get("Age") != "8" || c.sent.Get("Date") != date {
			t.Errorf("%d loads, %q, Age %s, Date %s and %s", o.asked.Load(), c.body.String(), c.sent.Get("Age"), c.sent.Get("Date"), date)
		}
		if c.cacheStatus() != "httpflight; hit; ttl=7" {
			t.Errorf("Cache-Status is %q", c.cacheStatus())
		}
		if figure(h, "httpflight.kept") == 0 {
			t.Error("nothing counts as kept")
		}
		time.Sleep(7 * time.Second)
		synctest.Wait()
		wantNothingHeld(t, h)
		if get(h); o.asked.Load() != 2 {
			t.Errorf("%d loads after the window", o.asked.Load())
		}
		time.Sleep(10 * time.Second)
	})
}

func TestReuseIsNoLongerThanFresh(t *testing.T) {
	for header, fresh := range map[string]time.Duration{
		"Cache-Control: max-age=3":                           3 * time.Second,
		"Cache-Control: max-age=100, s-maxage=2":             2 * time.Second,
		"Cache-Control: max-age=\"3\"":                       3 * time.Second,
		"Cache-Control: max-age=9,max-age=4":                 4 * time.Second,
		"Cache-Control: max-age=99999999999999999999":        10 * time.Second,
		"Cache-Control: max-age=banana":                      0,
		"Cache-Control: max-age=0":                           0,
		"Cache-Control: public":                              10 * time.Second,
		"Expires: 0":                                         0,
		"Expires: Sat, 01 Jan 2000 00:00:07 GMT":             6 * time.Second, // the load takes one
		"Cache-Control: max-age=8, stale-while-revalidate=3": 8 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			o := slow("hello", header)
			h := newHandler(t, o, httpflight.Config{Reuse: 10 * time.Second})
			get(h)
			if fresh > 0 {
				time.Sleep(fresh - time.Millisecond)
				if get(h); o.asked.Load() != 1 {
					t.Errorf("%s: not reused", header)
				}
				time.Sleep(time.Millisecond)
			}
			if get(h); o.asked.Load() != 2 {
				t.Errorf("%s: %d loads, want 2", header, o.asked.Load())
			}
			time.Sleep(10 * time.Second)
		})
	}
}

// An answer that is stale at birth is fresh to those who asked before.
func TestStaleAtBirth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			w.Header().Set("Cache-Control", "max-age=0")
			w.WriteHeader(200)
			time.Sleep(time.Second)
		})
		h := newHandler(t, o, httpflight.Config{Reuse: time.Minute})
		var all sync.WaitGroup
		all.Go(func() { herd(h, 10) })
		time.Sleep(1500 * time.Millisecond)
		if o.asked.Load() != 1 {
			t.Errorf("%d loads by those who came before the headers", o.asked.Load())
		}
		all.Go(func() { herd(h, 10) })
		all.Wait()
		if o.asked.Load() != 2 {
			t.Errorf("%d loads by all, want 2", o.asked.Load())
		}
	})
}

func TestUnshareableReleasesEveryoneAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			w.Header().Set("Set-Cookie", "id=1")
			w.WriteHeader(200)
			time.Sleep(time.Second)
		})
		h := newHandler(t, o, httpflight.Config{Mark: 5 * time.Second})
		begin := time.Now()
		clients := herd(h, 100)
		if took := time.Since(begin); took != 3*time.Second || o.asked.Load() != 100 {
			t.Errorf("100 clients took %v with %d loads, want 1 s to know, then all side by side", took, o.asked.Load())
		}
		status := map[string]int{}
		for _, c := range clients {
			status[c.cacheStatus()]++
		}
		if status["httpflight; fwd=miss"] != 1 || status["httpflight; fwd=miss; detail=unshareable"] != 99 {
			t.Errorf("Cache-Status: %v", status)
		}
		begin = time.Now()
		if c := herd(h, 10)[0]; time.Since(begin) != 2*time.Second || c.cacheStatus() != "httpflight; fwd=bypass; detail=marked" {
			t.Errorf("a marked address took %v, %s", time.Since(begin), c.cacheStatus())
		}
		time.Sleep(5 * time.Second)
		if c := get(h); c.cacheStatus() != "httpflight; fwd=miss" {
			t.Errorf("after the mark: %s", c.cacheStatus())
		}
		synctest.Wait()
		wantNothingHeld(t, h)
	})
}

// One client whose request is refused does not take the protection off for others, nor
// what is known of Vary.
func TestRefusalOfOneDoesNotMarkTheAddress(t *testing.T) {
	for _, status := range []int{400, 401, 403, 406, 429, 500} {
		synctest.Test(t, func(t *testing.T) {
			o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(time.Second)
				if r.UserAgent() == "scanner" {
					w.Header().Set("Cache-Control", "no-store")
					w.WriteHeader(status)
					return
				}
				w.Header().Set("Vary", "Accept-Language")
			})
			h := newHandler(t, o, httpflight.Config{})
			get(h, "Accept-Language: de")
			get(h, "User-Agent: scanner")
			o.asked.Store(0)
			var all sync.WaitGroup
			for _, language := range []string{"de", "en"} {
				all.Go(func() { herd(h, 10, "Accept-Language: "+language) })
			}
			if all.Wait(); o.asked.Load() != 2 {
				t.Errorf("%d: %d loads for herds in two languages", status, o.asked.Load())
			}
		})
	}
}

func TestVary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			w.Header().Set("Vary", "accept-language")
			_, _ = fmt.Fprint(w, r.Header.Get("Accept-Language"))
		})
		h := newHandler(t, o, httpflight.Config{})
		ask := func() {
			var all sync.WaitGroup
			for _, language := range []string{"de", "en", ""} {
				all.Go(func() {
					for _, c := range herd(h, 10, "Accept-Language: "+language) {
						if c.body.String() != language {
							t.Errorf("%q got %q", language, c.body.String())
						}
					}
				})
			}
			all.Wait()
		}
		ask()
		if n := o.asked.Load(); n < 11 || n > 21 {
			t.Errorf("%d loads before Vary was known, want one and one for each of the others", n)
		}
		o.asked.Store(0)
		if ask(); o.asked.Load() != 3 {
			t.Errorf("%d loads when Vary is known, want 3", o.asked.Load())
		}
	})
}

func TestEncodingsShareByWhatIsAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			w.Header().Set("Vary", "Accept-Encoding")
			_, _ = fmt.Fprint(w, r.Header.Get("Accept-Encoding"))
		})
		h := newHandler(t, o, httpflight.Config{})
		var all sync.WaitGroup
		for _, c := range []struct{ accept, want string }{
			{"gzip, deflate, br", "br, gzip"}, {"br,gzip", "br, gzip"}, {"br;q=1.0, gzip;q=0.1, zstd;q=0", "br, gzip"},
			{"", ""}, {"identity", ""}, {"gzip;q=0.000", ""}, {"deflate, x", ""}, {"gzip;q=banana", "gzip"},
		} {
			all.Go(func() {
				if got := get(h, "Accept-Encoding: "+c.accept).body.String(); got != c.want {
					t.Errorf("%q: the origin was asked for %q, want %q", c.accept, got, c.want)
				}
			})
		}
		all.Wait()
		if o.asked.Load() != 3 {
			t.Errorf("%d loads, want 3", o.asked.Load())
		}
	})
}

// The one whose request began the load may go; the last one to go ends it.
func TestLeaderLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended error
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			wait(r.Context(), 10*time.Second)
			ended = context.Cause(r.Context())
			_, _ = fmt.Fprint(w, "hello")
		})
		h := newHandler(t, o, httpflight.Config{})
		leader, follower := newClient("GET", "http://a.example/"), newClient("GET", "http://a.example/")
		ctx, leave := context.WithCancel(t.Context())
		leader.r = leader.r.WithContext(ctx)
		var all sync.WaitGroup
		all.Go(func() { leader.do(h) })
		synctest.Wait()
		all.Go(func() { follower.do(h) })
		synctest.Wait()
		leave()
		all.Wait()
		synctest.Wait() // until the load has ended too, and not the answer alone
		if follower.body.String() != "hello" || ended != nil || o.asked.Load() != 1 {
			t.Errorf("the follower got %q, the load ended with %v, %d loads", follower.body.String(), ended, o.asked.Load())
		}
		last := newClient("GET", "http://a.example/")
		ctx, leave = context.WithTimeout(t.Context(), time.Second)
		defer leave()
		last.r = last.r.WithContext(ctx)
		begin := time.Now()
		last.do(h)
		synctest.Wait()
		if ended == nil || time.Since(begin) != time.Second {
			t.Errorf("nobody waits, and the load ended with %v after %v", ended, time.Since(begin))
		}
		wantNothingHeld(t, h)
	})
}

func TestLoadSeesTheValuesThatItMay(t *testing.T) {
	type key string
	o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.Context().Value(key("trace")), r.Context().Value(key("user")), r.Header.Get("X-Forwarded-For"), r.Method)
	})
	h := newHandler(t, o, httpflight.Config{Values: []any{key("trace")}})
	c := newClient("HEAD", "http://a.example/", "X-Forwarded-For: 1.2.3.4")
	ctx := context.WithValue(context.WithValue(c.r.Context(), key("trace"), "t1"), key("user"), "u1")
	c.r = c.r.WithContext(ctx)
	d := newClient("GET", "http://a.example/", "X-Forwarded-For: 1.2.3.4")
	d.r = d.r.WithContext(ctx)
	c.do(h)
	if got := d.do(h).body.String(); got != "t1<nil>GET" {
		t.Errorf("the load saw %q", got)
	}
}
