package leakguard

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// TestLoopRaisesNoFalseAlarm repeats what programs do that have no leak, but
// things that look like one to a plain difference.
func TestLoopRaisesNoFalseAlarm(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T) func(){
		"nothing":                func(*testing.T) func() { return func() {} },
		"global pool":            globalPool,
		"workers up to 30":       workersUpTo30,
		"stopped ticker":         func(*testing.T) func() { return stoppedTicker },
		"cond worker":            condWorker,
		"closed listener":        closedListener,
		"keep-alive client":      keepAliveClient,
		"server each time":       serverEachTime,
		"sql pool":               sqlPool,
		"exit after 600 ms":      exitAfter600ms,
		"memory for 300 ms":      memoryFor300ms,
		"lazy singleton":         lazySingleton,
		"cache of 25":            cacheOf25,
		"descriptors for 100 ms": descriptorsFor100ms,
	} {
		t.Run(name, func(t *testing.T) { Loop(t, 50, prepare(t)) })
	}
}

func globalPool(*testing.T) func() {
	var pool sync.Pool
	return func() {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				buffer, _ := pool.Get().(*[64 << 10]byte)
				if buffer == nil {
					buffer = new([64 << 10]byte)
				}
				time.Sleep(10 * time.Microsecond)
				pool.Put(buffer)
			})
		}
		wg.Wait()
	}
}

// workersUpTo30 starts a worker in each iteration until there are 30.
func workersUpTo30(t *testing.T) func() {
	work := make(chan func())
	t.Cleanup(func() { close(work) })
	workers := 0
	return func() {
		if workers < 30 {
			workers++
			go func() {
				for f := range work {
					f()
				}
			}()
		}
		work <- func() {}
	}
}

func stoppedTicker() {
	ticker := time.NewTicker(100 * time.Microsecond)
	<-ticker.C
	ticker.Stop()
}

func condWorker(t *testing.T) func() {
	var mu sync.Mutex
	changed, pending, closed := sync.NewCond(&mu), 0, false
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		closed = true
		changed.Broadcast()
	})
	var once sync.Once
	return func() {
		once.Do(func() {
			go func() {
				mu.Lock()
				defer mu.Unlock()
				for !closed {
					pending = 0
					changed.Wait()
				}
			}()
		})
		mu.Lock()
		defer mu.Unlock()
		pending++
		changed.Signal()
	}
}

// closedListener leaves to others when the goroutine of Accept ends.
func closedListener(t *testing.T) func() {
	return func() {
		l := listen(t)
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				conn.Close()
			}
		}()
		l.Close()
	}
}

func newServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
}

func keepAliveClient(t *testing.T) func() {
	server := newServer()
	t.Cleanup(server.Close)
	return func() { fetch(t, server.Client(), server.URL) }
}

func serverEachTime(t *testing.T) func() {
	return func() {
		server := newServer()
		defer server.Close()
		fetch(t, server.Client(), server.URL)
	}
}

func sqlPool(t *testing.T) func() {
	db := sql.OpenDB(fakeDatabase{})
	t.Cleanup(func() { db.Close() })
	db.SetMaxIdleConns(4)
	return func() {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := db.ExecContext(t.Context(), "work"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

// fakeDatabase is a driver whose connections each have a goroutine.
type fakeDatabase struct{}

func (fakeDatabase) Connect(context.Context) (driver.Conn, error) {
	c := &fakeConn{requests: make(chan chan struct{})}
	go func() {
		for reply := range c.requests {
			close(reply)
		}
	}()
	return c, nil
}

func (fakeDatabase) Driver() driver.Driver { return nil }

type fakeConn struct{ requests chan chan struct{} }

func (c *fakeConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	reply := make(chan struct{})
	c.requests <- reply
	<-reply
	return driver.ResultNoRows, nil
}

func (c *fakeConn) Close() error {
	close(c.requests)
	return nil
}

func (*fakeConn) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (*fakeConn) Begin() (driver.Tx, error)           { return nil, errors.ErrUnsupported }

func exitAfter600ms(*testing.T) func() {
	return func() { go time.Sleep(600 * time.Millisecond) }
}

func memoryFor300ms(*testing.T) func() {
	return func() {
		block := make([]byte, 32<<10)
		time.AfterFunc(300*time.Millisecond, func() { block[0]++ })
	}
}

// lazySingleton begins in the middle of the loop.
func lazySingleton(t *testing.T) func() {
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	ran := 0
	var table []byte
	return func() {
		if ran++; ran == 25 {
			table = make([]byte, 1<<20)
			for range 10 {
				go func() { <-stop }()
			}
		}
		if len(table) > 0 {
			table[0]++
		}
	}
}

func cacheOf25(*testing.T) func() {
	cache := map[int][]byte{}
	ran := 0
	return func() {
		ran++
		cache[ran%25] = make([]byte, 16<<10)
	}
}

// descriptorsFor100ms are closed by somebody else, and not at once.
func descriptorsFor100ms(t *testing.T) func() {
	return func() {
		l := listen(t)
		time.AfterFunc(100*time.Millisecond, func() { l.Close() })
	}
}
