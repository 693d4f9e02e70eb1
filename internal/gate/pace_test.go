package gate_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/gate"
)

// bodies returns a handler of pages of that size, which take d to render and are
// reused for an hour, and the number of renderings.
func bodies(g *gate.Gate, size int, d time.Duration) (http.Handler, *atomic.Int64) {
	renders := new(atomic.Int64)
	return pages(g, func(key string) gate.Page {
		return gate.Page{
			Key: key, ContentType: "text/plain", Reuse: time.Hour, Validator: func() string { return "1" },
			Render: func(_ context.Context, w io.Writer) error {
				renders.Add(1)
				time.Sleep(d)
				_, err := w.Write(make([]byte, size))
				return err
			},
		}
	}), renders
}

// hammer lets clients ask again and again, and at once, for as long as d. It
// returns the answers by status and the longest wait for one.
func hammer(t *testing.T, h http.Handler, clients int, d time.Duration, key func(i int) string) (got map[int]int, longest time.Duration) {
	var mu sync.Mutex
	var wait sync.WaitGroup
	got = map[int]int{}
	begin, asked := time.Now(), 0
	for range clients {
		wait.Go(func() {
			for time.Since(begin) < d {
				mu.Lock()
				asked++
				r := pageRequest(t, "GET", key(asked))
				mu.Unlock()
				start := time.Now()
				w := answer(h, r)
				mu.Lock()
				got[w.Code]++
				longest = max(longest, time.Since(start))
				mu.Unlock()
				if w.Code != 200 {
					time.Sleep(time.Second) // Retry-After
				}
			}
		})
	}
	wait.Wait()
	return got, longest
}

func TestReadyBytesAreSentAtAPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		h, _ := bodies(g, 1000, 0)
		got, longest := hammer(t, h, 4, time.Minute, same)
		if got[200] < 590 || got[200] > 630 || len(got) > 1 || longest > 500*time.Millisecond {
			t.Errorf("four clients got %v in a minute and waited for up to %v, want ten a second and twenty besides", got, longest)
		}
		wantNothingInUse(t, g)
	})
}

// Four clients that ask again and again share one snapshot: no two are rendered
// at a time, none before the one before it is a second old, and each answer is of
// the latest.
func TestFourHammeringClientsShareASnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var renders, running, answers atomic.Int64
		h := pages(newGate(t, gate.Config{}), func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Render: func(_ context.Context, w io.Writer) error {
				if running.Add(1) > 1 {
					t.Error("two at a time")
				}
				defer running.Add(-1)
				time.Sleep(100 * time.Millisecond)
				_, err := fmt.Fprint(w, renders.Add(1))
				return err
			}}
		})
		got, _ := hammer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			before := renders.Load()
			a := answer(h, r)
			if n, err := strconv.ParseInt(a.Body.String(), 10, 64); a.Code == 200 && (err != nil || n < before) {
				t.Errorf("got snapshot %q after number %d was there", a.Body, before)
			}
			answers.Add(1)
			w.WriteHeader(a.Code)
		}), 4, time.Minute, same)
		if renders.Load() > 55 || renders.Load() < 20 || answers.Load() < 3*renders.Load() || got[200] != int(answers.Load()) {
			t.Errorf("%d snapshots for %d answers in a minute: %v", renders.Load(), answers.Load(), got)
		}
	})
}

// A person opens a page with its parts each five seconds, and a dashboard polls
// each second.
func TestHonestClientsDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := bodies(newGate(t, gate.Config{}), 1000, 10*time.Millisecond)
		var wait sync.WaitGroup
		wait.Go(func() {
			for range 60 {
				herd(t, h, 1, func(int) string { return "poll" })
				time.Sleep(time.Second)
			}
		})
		for range 12 {
			for part := range 4 {
				begin := time.Now()
				answers := herd(t, h, 4, func(i int) string { return fmt.Sprint(part, "-", i) })
				if took := time.Since(begin); len(answers) != 1 || took > 50*time.Millisecond {
					t.Errorf("four parts of a page at once: %d different answers, after %v", len(answers), took)
				}
			}
			time.Sleep(5 * time.Second)
		}
		wait.Wait()
	})
}

func TestWhoNeedsNoBytesDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		h, _ := bodies(g, 1000, 0)
		herd(t, h, 1, same)
		synctest.Wait()
		herd(t, h, 19, same)
		begin := time.Now()
		for range 100 {
			if w := conditional(t, h, "GET", `W/"1"`); w.Code != 304 {
				t.Fatalf("got %d, want 304", w.Code)
			}
			if w := answer(h, pageRequest(t, "HEAD", "text")); w.Code != 200 || w.Header().Get("Content-Length") != "1000" {
				t.Fatalf("HEAD got %d %v", w.Code, w.Header())
			}
		}
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("they waited for %v", waited)
		}
		if answer(h, pageRequest(t, "GET", "text")); time.Since(begin) != 100*time.Millisecond {
			t.Errorf("the next body came after %v, want after 100 ms", time.Since(begin))
		}
	})
}

func TestLineForATokenIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		h, _ := bodies(g, 1000, 0)
		herd(t, h, 1, same)
		synctest.Wait()
		herd(t, h, 19, same)
		begin := time.Now()
		if got := herd(t, h, 9, same); len(got) != 2 || got["429 Too many requests for debug pages at once. Try again in a second."] != 4 {
			t.Errorf("got %v, want 429 for four of nine", got)
		}
		if waited := time.Since(begin); waited != 500*time.Millisecond {
			t.Errorf("the last of five waited for %v", waited)
		}
		wantNothingInUse(t, g)
	})
}

func TestClientThatLeavesTheLineGivesItsTokenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		h, _ := bodies(g, 1000, 0)
		herd(t, h, 1, same)
		synctest.Wait()
		herd(t, h, 19, same)
		ctx, leave := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() { answer(h, pageRequest(t, "GET", "text").WithContext(ctx)) })
		}
		synctest.Wait()
		begin := time.Now()
		leave()
		wait.Wait()
		if time.Since(begin) != 0 {
			t.Errorf("they stayed for %v", time.Since(begin))
		}
		if answer(h, pageRequest(t, "GET", "text")); time.Since(begin) != 100*time.Millisecond {
			t.Errorf("the next one waited for %v", time.Since(begin))
		}
		wantNothingInUse(t, g)
	})
}

// Whoever asks for another page each time causes a rendering each time.
func TestRenderingTakesAQuarterOfTheTime(t *testing.T) {
	for _, took := range []time.Duration{time.Millisecond, 100 * time.Millisecond, 900 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			h, renders := bodies(newGate(t, gate.Config{}), 1000, took)
			hammer(t, h, 4, 2*time.Minute, func(i int) string { return fmt.Sprint(i) })
			if busy := time.Duration(renders.Load()) * took; busy < time.Second/2 || busy > 36*time.Second {
				t.Errorf("rendering for %v each took %v of two minutes", took, busy)
			}
		})
	}
}

// Large pages count for more than one.
func TestLargePagesAreSentAtAPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := bodies(newGate(t, gate.Config{}), 2<<20, 0)
		if got, _ := hammer(t, h, 4, 3*time.Second, same); got[200] < 20 || got[200] > 30 {
			t.Errorf("pages of 2 MiB: %v in 3 s, want three a second, and some fifteen besides", got)
		}
	})
}

// The one client of a large page may read as slowly as it likes: that is not
// rendering.
func TestSlowClientDoesNotDelayTheNextPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := bodies(newGate(t, gate.Config{}), 3*gate.MaxBody, 0)
		client := bubbleServer(t, h, nil)
		response := get(t, client, "large")
		for range 24 {
			time.Sleep(time.Second)
			_, _ = io.CopyN(io.Discard, response.Body, 1<<20)
		}
		n, err := io.Copy(io.Discard, response.Body)
		if err != nil || n != 0 {
			t.Errorf("%d bytes are left over, %v", n, err)
		}
		response.Body.Close()
		synctest.Wait()
		begin := time.Now()
		next := get(t, client, "next")
		_, _ = io.ReadFull(next.Body, make([]byte, 1))
		if waited := time.Since(begin); waited > 3*time.Second {
			t.Errorf("the next page began after %v", waited)
		}
		next.Body.Close()
	})
}

func TestGatesBehindAGateShareItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer := newGate(t, gate.Config{})
		var parts []http.Handler
		for range 2 {
			h, _ := bodies(newGate(t, gate.Config{}), 1000, 0)
			parts = append(parts, h)
		}
		h := outer.Protect("all", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			parts[len(r.URL.RawQuery)%2].ServeHTTP(w, r)
		}))
		got, _ := hammer(t, h, 4, time.Minute, func(i int) string { return string(bytes.Repeat([]byte("x"), 1+i%2)) })
		if got[200] < 590 || got[200] > 630 {
			t.Errorf("two gates behind one: %v in a minute, want ten a second", got)
		}
	})
}

// The server's WriteTimeout does not count while a client waits for a token.
func TestWaitingForATokenIsNotWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := bodies(newGate(t, gate.Config{}), 4<<20, 0)
		client := bubbleServer(t, h, func(s *http.Server) { s.WriteTimeout = 300 * time.Millisecond })
		for i := range 12 {
			response := get(t, client, "text")
			if n, err := io.Copy(io.Discard, response.Body); n != 4<<20 || err != nil {
				t.Errorf("request %d got %d bytes, %v", i, n, err)
			}
			response.Body.Close()
		}
	})
}
