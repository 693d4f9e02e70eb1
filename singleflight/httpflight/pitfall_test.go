package httpflight_test

import (
	"bytes"
	"context"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight/httpflight"
)

// The ways in which coalescing is known to fail in libraries and caches, with HTTP
// around it. Each row names what happens there; here all of them end well.
func TestPitfalls(t *testing.T) {
	for name, check := range map[string]func(*testing.T){
		"the leader's client leaves: its error to all":                             leaderLeaves,
		"a follower has a deadline, the origin hangs: hung":                        followerHasADeadline,
		"the handler ignores its context and hangs: later requests hang":           originHangs,
		"join after everyone has left: dead result":                                joinAfterAll,
		"runtime.Goexit in the handler: hung, or an empty success":                 goexits,
		"panic in the handler: the process dies, or nobody hears":                  panics,
		"the handler writes from a buffer that it uses again: mixed bodies":        buffersAreUsedAgain,
		"an answer for one client goes to all: Set-Cookie":                         cookies,
		"followers of an answer that is not shared are released one by one":        releasedAtOnce,
		"the first client reads slowly: it slows everybody down":                   slowLeader,
		"a request that comes when the load has just ended: an error, or old news": comesJustAfter,
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, check) })
	}
}

// both lets a client that leaves after a second and one that stays ask.
func both(t *testing.T, h http.Handler) (leaves, stays *client) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	leaves, stays = newClient("GET", "http://a.example/"), newClient("GET", "http://a.example/")
	leaves.r = leaves.r.WithContext(ctx)
	var all sync.WaitGroup
	all.Go(func() { leaves.do(h) })
	synctest.Wait()
	all.Go(func() { stays.do(h) })
	all.Wait()
	return leaves, stays
}

func leaderLeaves(t *testing.T) {
	o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
		wait(r.Context(), 5*time.Second)
		if r.Context().Err() != nil {
			panic("ended with its client")
		}
		_, _ = w.Write([]byte("hello"))
	})
	if _, stays := both(t, newHandler(t, o, httpflight.Config{})); stays.body.String() != "hello" || o.asked.Load() != 1 {
		t.Errorf("got %d %q of %d loads", stays.status, stays.body.String(), o.asked.Load())
	}
}

func followerHasADeadline(t *testing.T) {
	o := newOrigin(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Hour) })
	h := newHandler(t, o, httpflight.Config{LoadTimeout: time.Minute})
	go get(h)
	synctest.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	c, begin := newClient("GET", list), time.Now()
	c.r = c.r.WithContext(ctx)
	if c.do(h); time.Since(begin) != time.Second {
		t.Errorf("it left after %v", time.Since(begin))
	}
	time.Sleep(2 * time.Hour)
}

func originHangs(t *testing.T) {
	o := newOrigin(nil)
	o.serve = func(w http.ResponseWriter, _ *http.Request) {
		if o.asked.Load() == 1 {
			time.Sleep(time.Hour)
		}
	}
	h := newHandler(t, o, httpflight.Config{LoadTimeout: 10 * time.Second})
	first := get(h)
	if later := get(h); first.status != 504 || later.status != 200 || o.asked.Load() != 2 {
		t.Errorf("got %d, and later %d", first.status, later.status)
	}
	time.Sleep(2 * time.Hour)
}

func joinAfterAll(t *testing.T) {
	o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(3 * time.Second) // whether it is wanted or not
		if r.Context().Err() != nil {
			panic("nobody wants it")
		}
		_, _ = w.Write([]byte("hello"))
	})
	h := newHandler(t, o, httpflight.Config{Reuse: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	c := newClient("GET", list)
	withLog(c)
	c.r = c.r.WithContext(ctx)
	c.do(h)
	if c := get(h); c.body.String() != "hello" || o.asked.Load() != 2 {
		t.Errorf("got %d %q", c.status, c.body.String())
	}
}

func goexits(t *testing.T) { failsForAll(t, func() { runtime.Goexit() }) }

func panics(t *testing.T) { failsForAll(t, func() { panic("banana") }) }

// failsForAll wants 500 for all who wait, and a load for who comes then.
func failsForAll(t *testing.T, fail func()) {
	o := newOrigin(nil)
	o.serve = func(http.ResponseWriter, *http.Request) {
		time.Sleep(time.Second)
		if o.asked.Load() == 1 {
			fail()
		}
	}
	h := newHandler(t, o, httpflight.Config{Reuse: time.Hour})
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			c := newClient("GET", "http://a.example/")
			withLog(c)
			if c.do(h); c.status != 500 {
				t.Errorf("got %d", c.status)
			}
		})
	}
	all.Wait()
	if c := newClient("GET", "http://a.example/").do(h); c.status != 200 || o.asked.Load() != 2 {
		t.Errorf("afterwards: %d of %d loads", c.status, o.asked.Load())
	}
}

func buffersAreUsedAgain(t *testing.T) {
	o := newOrigin(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		buffer := make([]byte, 10_000)
		for _, letter := range []byte("abcde") {
			for i := range buffer {
				buffer[i] = letter
			}
			_, _ = w.Write(buffer)
			time.Sleep(time.Second)
		}
	})
	var want []byte
	for _, letter := range []string{"a", "b", "c", "d", "e"} {
		want = append(want, strings.Repeat(letter, 10_000)...)
	}
	for i, c := range herd(newHandler(t, o, httpflight.Config{}), 10) {
		if !bytes.Equal(c.body.Bytes(), want) {
			t.Errorf("client %d got another body", i)
		}
	}
}

func cookies(t *testing.T) {
	seen := map[string]bool{}
	var last atomic.Int64
	o := newOrigin(func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "id", Value: strconv.FormatInt(last.Add(1), 10)})
	})
	for _, c := range herd(newHandler(t, o, httpflight.Config{Reuse: time.Hour}), 10) {
		if cookie := c.sent.Get("Set-Cookie"); cookie == "" || seen[cookie] {
			t.Errorf("two clients got %q", cookie)
		} else {
			seen[cookie] = true
		}
	}
}

func releasedAtOnce(t *testing.T) {
	begin := time.Now()
	herd(newHandler(t, slow("mine", "Cache-Control: private"), httpflight.Config{}), 20)
	if took := time.Since(begin); took != 2*time.Second {
		t.Errorf("a load of a second took %v, want one wait and one load of their own", took)
	}
}

func slowLeader(t *testing.T) {
	h := newHandler(t, slow(strings.Repeat("x", 1<<20)), httpflight.Config{})
	leader := newClient("GET", list)
	leader.stall = make(chan struct{})
	var first sync.WaitGroup
	first.Go(func() { leader.do(h) })
	synctest.Wait()
	begin := time.Now()
	if c := get(h); c.body.Len() != 1<<20 || time.Since(begin) != time.Second {
		t.Errorf("a follower got %d bytes in %v", c.body.Len(), time.Since(begin))
	}
	close(leader.stall)
	first.Wait()
}

func comesJustAfter(t *testing.T) {
	o := newOrigin(nil)
	o.serve = func(w http.ResponseWriter, _ *http.Request) {
		if o.asked.Load() == 1 {
			w.WriteHeader(503)
		}
	}
	h := newHandler(t, o, httpflight.Config{Reuse: time.Hour})
	first := get(h)
	synctest.Wait()
	if later := get(h); first.status != 503 || later.status != 200 {
		t.Errorf("got %d, and later %d", first.status, later.status)
	}
}
