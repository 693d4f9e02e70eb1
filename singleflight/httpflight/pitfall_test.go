package httpflight_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight/httpflight"
)

// The ways in which coalescing is known to fail in libraries and caches, with HTTP
// around it, as far as no other test is about them. Each row names what happens there;
// here all of them end well.
func TestPitfalls(t *testing.T) {
	for name, check := range map[string]func(*testing.T){
		"a follower has a deadline, the origin hangs: hung":              followerHasADeadline,
		"the handler ignores its context and hangs: later requests hang": originHangs,
		"join after everyone has left: dead result":                      joinAfterAll,
		"runtime.Goexit in the handler: hung, or an empty success":       goexits,
		"panic in the handler: the process dies, or nobody hears":        panics,
		"the first client reads slowly: it slows everybody down":         slowLeader,
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, check) })
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
