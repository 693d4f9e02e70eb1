package gate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/govitals/govitals/internal/gate"
)

// A client on a real connection that never reads is there first; the renderer
// and four others, of which each has its first bytes before the page goes on,
// must not notice.
func TestClientThatNeverReadsThrottlesNobody(t *testing.T) {
	page := pattern(7 << 20)
	started, proceed, rendered := make(chan struct{}), make(chan struct{}), make(chan struct{})
	g := newGate(t, gate.Config{})
	h := pages(g, func(key string) gate.Page {
		return gate.Page{Key: key, ContentType: "application/octet-stream", Render: func(_ context.Context, w io.Writer) error {
			defer close(rendered)
			w.Write(page[:40<<10])
			close(started)
			<-proceed
			_, err := w.Write(page[40<<10:])
			return err
		}}
	})
	var active atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer active.Add(-1)
		active.Add(1)
		h.ServeHTTP(w, r)
	}))
	var first sync.Once // the client that never reads; what the kernel takes for it is bounded
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		first.Do(func() { c.(*net.TCPConn).SetWriteBuffer(32 << 10) })
		return ctx
	}
	server.Start()
	defer server.Close()
	stuck := dialUnread(t, server.Listener.Addr().String())
	<-started

	var begun, done sync.WaitGroup
	begun.Add(4)
	for range 4 {
		done.Go(func() {
			response := get(t, toServer(server), "text")
			defer response.Body.Close()
			begin := make([]byte, 32<<10)
			if _, err := io.ReadFull(response.Body, begin); err != nil {
				t.Error(err)
			}
			begun.Done()
			rest, err := io.ReadAll(response.Body)
			if err != nil || !bytes.Equal(append(begin, rest...), page) {
				t.Errorf("got %d bytes, %v, want %d", len(begin)+len(rest), err, len(page))
			}
		})
	}
	begun.Wait() // rendering has not gone on yet
	close(proceed)
	<-rendered
	done.Wait()
	for _, sending, rendering := g.InUse(); active.Load() > 1 || sending > int64(len(page)) || rendering; _, sending, rendering = g.InUse() {
		runtime.Gosched() // the handlers of those who have their page return
	}
	if asking, sending, rendering := g.InUse(); asking != 0 || sending != int64(len(page)) || rendering {
		t.Errorf("%d requests wait and %d bytes are on their way, want those of the client that does not read", asking, sending)
	}
	stuck.Close()
	server.Close()
	wantNothingInUse(t, g)
}

func TestLateClientGetsThePageFromTheBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page := pattern(1 << 20)
		var renders atomic.Int64
		proceed := make(chan struct{})
		g := newGate(t, gate.Config{})
		client := bubbleServer(t, pages(g, func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "application/octet-stream", Render: func(_ context.Context, w io.Writer) error {
				renders.Add(1)
				w.Write(page[:500<<10])
				<-proceed
				_, err := w.Write(page[500<<10:])
				return err
			}}
		}), nil)
		var done sync.WaitGroup
		read := func(length int64) {
			done.Go(func() {
				response := get(t, client, "text")
				body, err := io.ReadAll(response.Body)
				response.Body.Close()
				if err != nil || !bytes.Equal(body, page) || response.ContentLength != length {
					t.Errorf("got %d bytes, %v, %d announced, want %d", len(body), err, response.ContentLength, length)
				}
			})
			synctest.Wait()
		}
		read(-1) // the size is not known yet
		read(-1)
		close(proceed)
		done.Wait()
		read(1 << 20)
		done.Wait()
		if renders.Load() != 1 {
			t.Errorf("%d renderings", renders.Load())
		}
		synctest.Wait()
		wantNothingInUse(t, g)
	})
}

func TestWhatIsRenderedDoesNotStayInBuffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		proceed := make(chan struct{})
		h := pages(newGate(t, gate.Config{}), func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Render: func(_ context.Context, w io.Writer) error {
				_, err := w.Write(pattern(40 << 10))
				<-proceed
				return err
			}}
		})
		w := httptest.NewRecorder()
		go h.ServeHTTP(w, pageRequest(t, "GET", "text"))
		synctest.Wait()
		if !w.Flushed || w.Body.Len() != 32<<10 {
			t.Errorf("%d bytes written, flushed: %v", w.Body.Len(), w.Flushed)
		}
		close(proceed)
		synctest.Wait()
	})
}

// failLate writes enough to be on the way to clients, and then fails.
func failLate(fail func() error) func(context.Context, io.Writer) error {
	return func(_ context.Context, w io.Writer) error {
		w.Write(pattern(100 << 10))
		return fail()
	}
}

func TestErrorMidwayCutsEveryClientOff(t *testing.T) {
	for name, fail := range map[string]func() error{
		"the disk is gone": func() error { return errors.New("the disk is gone") },
		"panic":            func() error { panic("panic in the middle") },
		"Goexit":           func() error { runtime.Goexit(); return nil },
	} {
		synctest.Test(t, func(t *testing.T) {
			g := newGate(t, gate.Config{})
			proceed := make(chan struct{})
			var logged bytes.Buffer
			client := bubbleServer(t, pages(g, func(key string) gate.Page {
				return gate.Page{Key: key, ContentType: "text/plain", Render: failLate(func() error { <-proceed; return fail() })}
			}), func(s *http.Server) { s.ErrorLog = log.New(&logged, "", 0) })
			var done sync.WaitGroup
			for range 3 {
				done.Go(func() {
					response := get(t, client, "text")
					body, err := io.ReadAll(response.Body)
					response.Body.Close()
					if response.StatusCode != 200 || len(body) == 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
						t.Errorf("%s: got %d, %d bytes and %v, want a page that breaks off", name, response.StatusCode, len(body), err)
					}
				})
			}
			synctest.Wait()
			close(proceed)
			done.Wait()
			synctest.Wait()
			if got := collect(t, g)["heap failed"]; got != 3 {
				t.Errorf("%s: %v requests counted as failed, want 3", name, got)
			}
			if !strings.Contains(logged.String(), name) || strings.Count(logged.String(), "govitals:") != 1 {
				t.Errorf("%s: want one line in the server's log, got %s", name, logged.String())
			}
			wantNothingInUse(t, g)
		})
	}
}

func TestEverybodyLeavesInTheMiddleOfThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, gate.Config{})
		stopped := make(chan struct{})
		client := bubbleServer(t, pages(g, func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Render: func(ctx context.Context, w io.Writer) error {
				w.Write(pattern(100 << 10))
				<-ctx.Done()
				close(stopped)
				return context.Cause(ctx)
			}}
		}), nil)
		first, second := get(t, client, "text"), get(t, client, "text")
		first.Body.Close()
		synctest.Wait()
		select {
		case <-stopped:
			t.Error("stopped while one client is left")
		default:
		}
		io.CopyN(io.Discard, second.Body, 10)
		second.Body.Close()
		synctest.Wait()
		<-stopped
		if got := collect(t, g)["heap canceled"]; got != 2 {
			t.Errorf("%v requests counted as canceled, want 2", got)
		}
		wantNothingInUse(t, g)
	})
}

func TestPageIsWholeWhateverTheSizesOfItsPieces(t *testing.T) {
	page := pattern(3<<20 + 7)
	for _, piece := range []int{1000, 32 << 10, 1<<20 + 1, len(page)} {
		h := pages(newGate(t, gate.Config{}), func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Render: func(_ context.Context, w io.Writer) error {
				for rest := page; len(rest) > 0; {
					n, err := w.Write(rest[:min(piece, len(rest))])
					if err != nil || n != min(piece, len(rest)) {
						return fmt.Errorf("wrote %d: %w", n, err)
					}
					rest = rest[n:]
				}
				return nil
			}}
		})
		if w := answer(h, pageRequest(t, "GET", "text")); w.Code != 200 || !bytes.Equal(w.Body.Bytes(), page) {
			t.Errorf("in pieces of %d: got %d and %d bytes", piece, w.Code, w.Body.Len())
		}
	}
}
