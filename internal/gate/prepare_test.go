package gate_test

import (
	"context"
	"errors"
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

// delta is a page that waits before it is rendered.
func delta(key string, wait time.Duration, prepared, renders *atomic.Int64) gate.Page {
	p := textPage(key, 0, renders)
	p.Prepare = func(ctx context.Context) error {
		prepared.Add(1)
		select {
		case <-time.After(wait):
			return nil
		case <-ctx.Done():
			prepared.Add(-1)
			return context.Cause(ctx)
		}
	}
	return p
}

func TestOtherPagesAreRenderedWhileOneIsPrepared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		var prepared, renders, others atomic.Int64
		waiting := pages(g, func(key string) gate.Page { return delta(key, 30*time.Second, &prepared, &renders) })
		quick := pages(g, func(key string) gate.Page { return textPage(key, time.Second, &others) })
		var wait sync.WaitGroup
		wait.Go(func() {
			if got := herd(t, waiting, 4, func(int) string { return "delta" }); got["200 delta 1"] != 4 {
				t.Errorf("answers %v", got)
			}
		})
		synctest.Wait()
		begin := time.Now()
		if got := herd(t, quick, 1, same); got["200 text 1"] != 1 || time.Since(begin) != time.Second {
			t.Errorf("answers %v after %v", got, time.Since(begin))
		}
		wait.Wait()
		if prepared.Load() != 1 || renders.Load() != 1 || time.Since(begin) != 30*time.Second {
			t.Errorf("prepared %d times, %d renderings, done after %v", prepared.Load(), renders.Load(), time.Since(begin))
		}
		wantNothingInUse(t, g)
	})
}

func TestThoseWhoWaitForAPreparationCountAsWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var prepared, renders atomic.Int64
		h := pages(newGate(t, gate.Config{}), func(key string) gate.Page { return delta(key, time.Second, &prepared, &renders) })
		got := herd(t, h, 9, func(i int) string { return fmt.Sprint(i) })
		busy := 0
		for answer, n := range got {
			if strings.HasPrefix(answer, "429 ") {
				busy = n
			}
		}
		if busy != 4 || prepared.Load() != 5 || renders.Load() != 5 {
			t.Errorf("%d turned away, %d prepared, %d rendered; want 4, 5, 5: %v", busy, prepared.Load(), renders.Load(), got)
		}
	})
}

func TestPreparationForNobodyIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		var prepared, renders atomic.Int64
		h := pages(g, func(key string) gate.Page { return delta(key, time.Hour, &prepared, &renders) })
		ctx, leave := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		for range 2 {
			wait.Go(func() { answer(h, pageRequest(t, "GET", "delta").WithContext(ctx)) })
		}
		synctest.Wait()
		if prepared.Load() != 1 {
			t.Errorf("%d preparations while two wait", prepared.Load())
		}
		leave()
		wait.Wait()
		synctest.Wait()
		if prepared.Load() != 0 || renders.Load() != 0 {
			t.Errorf("%d preparations and %d renderings for nobody", prepared.Load(), renders.Load())
		}
		wantNothingInUse(t, g)
	})
}

func TestPreparationThatFails(t *testing.T) {
	for words, prepare := range map[string]func(context.Context) error{
		"no baseline yet": func(context.Context) error { return errors.New("no baseline yet") },
		"no luck":         func(context.Context) error { panic("no luck") },
	} {
		h := pages(newGate(t, gate.Config{}), func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Prepare: prepare, Render: func(context.Context, io.Writer) error { return nil }}
		})
		if w := answer(h, pageRequest(t, "GET", "delta")); w.Code != 500 || !strings.Contains(w.Body.String(), words) || w.Header().Get("X-Go-Pprof") != "1" {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	}
}

func TestExclusivePageIsRenderedForEachRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		var renders atomic.Int64
		h := g.Protect("heap", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p := textPage("gc", 100*time.Millisecond, &renders)
			p.Exclusive, p.Reuse = r.Method == "POST", time.Hour
			g.Serve(w, r, p)
		}), gate.AllowPOST)
		var wait sync.WaitGroup
		begin := time.Now()
		for range 3 {
			wait.Go(func() {
				r := pageRequest(t, "POST", "gc")
				r.Header.Set("If-None-Match", "*")
				if w := answer(h, r); w.Code != 200 {
					t.Errorf("POST got %d", w.Code)
				}
			})
		}
		wait.Wait()
		if renders.Load() != 3 || time.Since(begin) != 300*time.Millisecond {
			t.Errorf("%d renderings in %v for 3 requests, want one after the other", renders.Load(), time.Since(begin))
		}
		for range 2 {
			if w := answer(h, pageRequest(t, "GET", "gc")); w.Body.String() != "gc 4" {
				t.Errorf("GET got %s", w.Body)
			}
		}
		wantNothingInUse(t, g)
	})
}

// The server's timeouts are shorter than the wait.
func TestTimeoutsOfTheServerDoNotCountWhileAPageIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		h := pages(g, func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain",
				Prepare: func(ctx context.Context) error { time.Sleep(30 * time.Second); return ctx.Err() },
				Render: func(ctx context.Context, w io.Writer) error {
					for range 10 {
						time.Sleep(4 * time.Second)
						w.Write(pattern(100 << 10))
					}
					return ctx.Err()
				}}
		})
		client := bubbleServer(t, h, func(s *http.Server) { s.WriteTimeout, s.ReadTimeout = 5*time.Second, 3*time.Second })
		response := get(t, client, "delta")
		defer response.Body.Close()
		if n, err := io.Copy(io.Discard, response.Body); n != 1000<<10 || err != nil {
			t.Errorf("got %d, %d bytes, %v", response.StatusCode, n, err)
		}
	})
}

// What the gate lifts while it waits holds again when it answers.
func TestWriteTimeoutOfTheServerHoldsForSlowReaders(t *testing.T) {
	for name, wait := range map[string]time.Duration{"at once": 0, "after a wait": time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			var prepared, renders atomic.Int64
			g := newGate(t, gate.Config{})
			h := pages(g, func(key string) gate.Page {
				p := delta(key, wait, &prepared, &renders)
				p.Render = largePage(1 << 20)
				return p
			})
			client := bubbleServer(t, h, func(s *http.Server) { s.WriteTimeout = 5 * time.Second })
			response := get(t, client, "text")
			defer response.Body.Close()
			begin := time.Now()
			for err := error(nil); err == nil; time.Sleep(time.Second) {
				_, err = io.CopyN(io.Discard, response.Body, 64<<10)
				if took := time.Since(begin); err == io.EOF || took > 7*time.Second {
					t.Fatalf("%s: still being served after %v: %v", name, took, err)
				}
			}
			synctest.Wait()
			wantNothingInUse(t, g)
		})
	}
}

func TestConnectionIsUsableAfterAPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var renders atomic.Int64
		g := newGate(t, gate.Config{})
		client := bubbleServer(t, pages(g, func(key string) gate.Page { return textPage(key, 0, &renders) }), nil)
		client.Transport.(*http.Transport).DisableKeepAlives = false
		for range 3 {
			response := get(t, client, "text")
			if body, err := io.ReadAll(response.Body); response.StatusCode != 200 || err != nil {
				t.Errorf("got %d %s, %v", response.StatusCode, body, err)
			}
			response.Body.Close()
			time.Sleep(time.Minute) // longer than any deadline of the gate
		}
	})
}
