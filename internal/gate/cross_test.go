package gate_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/gate"
)

// steps is a client that takes one piece of a page each time it is allowed to.
type steps struct {
	*httptest.ResponseRecorder
	allow chan struct{}
	got   atomic.Int64
}

func newSteps() *steps {
	return &steps{ResponseRecorder: httptest.NewRecorder(), allow: make(chan struct{})}
}

// Write takes nothing that is not what follows.
func (s *steps) Write(p []byte) (int, error) {
	<-s.allow
	if !bytes.Equal(p, piece(s.got.Load(), len(p))) {
		return 0, io.ErrClosedPipe
	}
	s.got.Add(int64(len(p)))
	return len(p), nil
}

// largePage writes the pattern in pieces of 64 KiB, without holding them.
func largePage(total int) func(context.Context, io.Writer) error {
	return func(_ context.Context, w io.Writer) error {
		for at := 0; at < total; {
			n, err := w.Write(piece(int64(at), min(64<<10, total-at)))
			if at += n; err != nil {
				return err
			}
		}
		return nil
	}
}

func largeHandler(g *gate.Gate, total int, renders *atomic.Int64) http.Handler {
	return pages(g, func(key string) gate.Page {
		return gate.Page{Key: key, ContentType: "application/octet-stream", Reuse: time.Hour, Render: func(ctx context.Context, w io.Writer) error {
			renders.Add(1)
			return largePage(total)(ctx, w)
		}}
	})
}

// liveHeap is what the heap holds.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestLargePageIsCompleteInBoundedMemory(t *testing.T) {
	const total = 40<<20 + 5
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		var renders atomic.Int64
		h := largeHandler(g, total, &renders)
		client := newSteps()
		before := liveHeap()
		done := make(chan struct{})
		go func() { defer close(done); h.ServeHTTP(client, pageRequest(t, "GET", "large")) }()
		most := int64(0)
		for step := 0; client.got.Load() < total; step++ {
			synctest.Wait() // until the renderer has run as far ahead as it may
			if step%8 == 0 {
				most = max(most, liveHeap()-before)
			}
			select {
			case client.allow <- struct{}{}:
			case <-done:
				t.Fatalf("it ended after %d bytes", client.got.Load())
			}
			synctest.Wait()
		}
		<-done
		if limit := int64(gate.MaxBody + 2*gate.MaxChunk); most > limit {
			t.Errorf("%d KiB in use for a client that reads slowly, want at most %d", most>>10, limit>>10)
		}
		if client.got.Load() != total || client.Code != 200 || client.Header().Get("Content-Length") != "" {
			t.Errorf("got %d, %d bytes, %v", client.Code, client.got.Load(), client.Header())
		}
		wantNothingInUse(t, g)
	})
}

func TestPiecesThatAreReadAndNotReusedAreFreed(t *testing.T) {
	const total = 7 << 20
	synctest.Test(t, func(t *testing.T) {
		h := pages(newGate(t, gate.Config{}), func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Reuse: -1, Render: largePage(total)}
		})
		client := newSteps()
		go h.ServeHTTP(client, pageRequest(t, "GET", "text"))
		synctest.Wait() // rendered, and nothing read
		whole := liveHeap()
		for client.got.Load() < total/2 {
			client.allow <- struct{}{}
			synctest.Wait()
		}
		if freed, read := whole-liveHeap(), client.got.Load(); freed < read-gate.MaxChunk {
			t.Errorf("%d KiB freed after %d KiB are read", freed>>10, read>>10)
		}
		close(client.allow)
		synctest.Wait()
	})
}

func TestLargePageGoesToTheFirstClientAlone(t *testing.T) {
	const total = 12 << 20
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		var renders atomic.Int64
		proceed := make(chan struct{})
		h := pages(g, func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Render: func(ctx context.Context, w io.Writer) error {
				renders.Add(1)
				<-proceed
				return largePage(total)(ctx, w)
			}}
		})
		client := bubbleServer(t, h, nil)
		var done sync.WaitGroup
		var whole, cut, refused atomic.Int64
		ask := func() {
			done.Go(func() {
				response := get(t, client, "large")
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				switch {
				case response.StatusCode == 503 && response.Header.Get("Retry-After") != "" && bytes.Contains(body, []byte("one client at a time")):
					refused.Add(1)
				case err == nil && bytes.Equal(body, pattern(total)):
					whole.Add(1)
				case err != nil && len(body) < total:
					cut.Add(1)
				default:
					t.Errorf("got %d, %d bytes, %v", response.StatusCode, len(body), err)
				}
			})
		}
		for range 3 {
			ask()
			synctest.Wait()
		}
		close(proceed)
		done.Wait()
		if whole.Load() != 1 || cut.Load()+refused.Load() != 2 || renders.Load() != 1 {
			t.Errorf("%d whole pages, %d cut, %d refused, %d renderings; want 1 whole and 2 others of one rendering",
				whole.Load(), cut.Load(), refused.Load(), renders.Load())
		}
		ask()
		done.Wait()
		if whole.Load() != 2 || renders.Load() != 2 {
			t.Errorf("afterwards: %d whole pages of %d renderings, want 2 of 2", whole.Load(), renders.Load())
		}
		synctest.Wait()
		wantNothingInUse(t, g)
	})
}

// Who comes while a large page is on its way gets a rendering of its own after
// that, and one who is cut off and stands still holds nobody up.
func TestClientsOfALargePageComeOneAfterTheOther(t *testing.T) {
	const total = 10 << 20
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		var renders atomic.Int64
		h := largeHandler(g, total, &renders)
		clients := []*steps{newSteps(), newSteps(), newSteps()}
		ended := make([]any, len(clients))
		var done sync.WaitGroup
		for i, c := range clients {
			done.Go(func() {
				defer func() { ended[i] = recover() }()
				h.ServeHTTP(c, pageRequest(t, "GET", "large"))
			})
			synctest.Wait()
		}
		if renders.Load() != 1 {
			t.Fatalf("%d renderings while the first client has not read", renders.Load())
		}
		close(clients[0].allow)
		synctest.Wait()
		if clients[0].got.Load() != total || ended[0] != nil || renders.Load() != 2 {
			t.Errorf("the first client: %d bytes, %v, then %d renderings", clients[0].got.Load(), ended[0], renders.Load())
		}
		close(clients[1].allow)
		synctest.Wait()
		if clients[1].got.Load() != total || ended[1] != nil || renders.Load() != 2 {
			t.Errorf("the second client: %d bytes, %v, %d renderings", clients[1].got.Load(), ended[1], renders.Load())
		}
		close(clients[2].allow)
		done.Wait()
		if got := clients[2].got.Load(); got >= total || ended[2] != http.ErrAbortHandler && clients[2].Code != 503 {
			t.Errorf("the third client, which was cut off: %d, %d bytes, %v", clients[2].Code, got, ended[2])
		}
		wantNothingInUse(t, g)
	})
}

func TestClientOfALargePageThatStandsStillIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		h := pages(g, func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Render: func(ctx context.Context, w io.Writer) error {
				err := largePage(20<<20)(ctx, w)
				if err != nil {
					<-ctx.Done() // it is told in two ways
				}
				return err
			}}
		})
		stuck := newSteps() // has no deadline that would help
		ended := make(chan any)
		go func() {
			defer func() { ended <- recover() }()
			h.ServeHTTP(stuck, pageRequest(t, "GET", "large"))
		}()
		synctest.Wait()
		begin := time.Now()
		next := answer(h, pageRequest(t, "GET", "other"))
		if next.Code != 200 || next.Body.Len() != 20<<20 || time.Since(begin) != 30*time.Second {
			t.Errorf("the next one got %d and %d bytes after %v, want its page after 30 s", next.Code, next.Body.Len(), time.Since(begin))
		}
		close(stuck.allow)
		if got := <-ended; got != http.ErrAbortHandler {
			t.Errorf("the answer to the one who stood still ended with %v", got)
		}
		wantNothingInUse(t, g)
	})
}

// The one who was cut off has not left its handler yet, and nobody else reads.
func TestLargePageForNobodyIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		proceed := make(chan struct{})
		h := pages(g, func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Render: func(ctx context.Context, w io.Writer) error {
				w.Write(piece(0, 64<<10))
				<-proceed
				w.Write(make([]byte, 9<<20))
				<-ctx.Done()
				return context.Cause(ctx)
			}}
		})
		reading, stuck := newSteps(), newSteps()
		for _, c := range []*steps{reading, stuck} {
			go func() {
				defer func() { _ = recover() }()
				h.ServeHTTP(c, pageRequest(t, "GET", "large"))
			}()
			synctest.Wait()
		}
		close(proceed)
		synctest.Wait()
		close(reading.allow) // it finds zeros where the pattern should go on, and leaves
		synctest.Wait()
		if _, _, rendering := g.InUse(); rendering {
			t.Error("still rendering for nobody")
		}
		close(stuck.allow)
		synctest.Wait()
		wantNothingInUse(t, g)
	})
}

func TestServerDropsAClientThatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		var renders atomic.Int64
		client := bubbleServer(t, largeHandler(g, 20<<20, &renders), nil)
		response := get(t, client, "large")
		defer response.Body.Close()
		begin := time.Now()
		time.Sleep(31 * time.Second)
		synctest.Wait()
		wantNothingInUse(t, g)
		if _, err := io.Copy(io.Discard, response.Body); err == nil || time.Since(begin) != 31*time.Second {
			t.Errorf("the page went on after 30 s: %v", err)
		}
		if got := collect(t, g)["heap canceled"]; got != 1 {
			t.Errorf("%v requests counted as canceled, want 1", got)
		}
	})
}

func TestHeadOfALargePageHasNoLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		var renders atomic.Int64
		h := largeHandler(g, 20<<20, &renders)
		w := answer(h, pageRequest(t, "HEAD", "large"))
		if w.Code != 200 || w.Header().Get("Content-Length") != "" || w.Header().Get("Content-Type") != "application/octet-stream" || w.Body.Len() != 0 {
			t.Errorf("got %d %v and %d bytes", w.Code, w.Header(), w.Body.Len())
		}
		synctest.Wait()
		wantNothingInUse(t, g)
	})
}

// HEAD is there first and must not be the one that gets a large page.
func TestLargePageGoesToAClientThatReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		proceed := make(chan struct{})
		h := pages(g, func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Render: func(ctx context.Context, w io.Writer) error {
				<-proceed
				return largePage(9<<20)(ctx, w)
			}}
		})
		var done sync.WaitGroup
		done.Go(func() {
			if w := answer(h, pageRequest(t, "HEAD", "large")); w.Code != 200 {
				t.Errorf("HEAD got %d", w.Code)
			}
		})
		synctest.Wait()
		done.Go(func() {
			if w := answer(h, pageRequest(t, "GET", "large")); w.Code != 200 || w.Body.Len() != 9<<20 {
				t.Errorf("GET got %d and %d bytes", w.Code, w.Body.Len())
			}
		})
		synctest.Wait()
		close(proceed)
		done.Wait()
		wantNothingInUse(t, g)
	})
}
