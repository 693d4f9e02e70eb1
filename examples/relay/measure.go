package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/govitals/govitals/heap"
)

// figures are what the herd did to the relay.
type figures struct {
	loads            int64
	peak             uint64 // of the heap
	firstByte, total time.Duration
}

// better returns an error unless f is better than without.
func (f figures) better(without figures) error {
	if f.loads < without.loads && f.peak < without.peak && f.total <= without.total*3/2 {
		return nil
	}
	return fmt.Errorf("coalescing did not help: %+v, without it %+v", f, without)
}

// serve lets the herd ask a server with this handler.
func serve(handler http.Handler, connContext func(context.Context, net.Conn) context.Context, o *origin, clients int) (figures, error) {
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnContext = connContext
	server.Start()
	defer server.Close()
	defer o.server.Client().CloseIdleConnections()
	runtime.GC()
	before := o.loads.Load()
	peak := watchPeak()
	begin := time.Now()
	firsts, err := herd(server, clients, o.size)
	f := figures{loads: o.loads.Load() - before, peak: peak(), total: time.Since(begin).Round(time.Millisecond)}
	if err == nil {
		slices.Sort(firsts)
		f.firstByte = firsts[len(firsts)/2].Round(100 * time.Microsecond)
	}
	return f, err
}

// herd returns how long each client waited for its first byte.
func herd(server *httptest.Server, clients, size int) ([]time.Duration, error) {
	firsts, faults := make([]time.Duration, clients), make([]error, clients)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() { firsts[i], faults[i] = ask(server, size) })
	}
	all.Wait()
	return firsts, errors.Join(faults...)
}

func ask(server *httptest.Server, size int) (first time.Duration, err error) {
	begin := time.Now()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if _, err := io.ReadFull(response.Body, make([]byte, 1)); err != nil {
		return 0, err
	}
	first = time.Since(begin)
	n, err := io.Copy(io.Discard, response.Body)
	if err == nil && n != int64(size)-1 {
		err = fmt.Errorf("a client got %d bytes of %d", n+1, size)
	}
	return first, err
}

// watchPeak reads the heap every few milliseconds until the result is asked for.
func watchPeak() (peak func() uint64) {
	stop, result := make(chan struct{}), make(chan uint64)
	go func() {
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		most := uint64(0)
		for {
			most = max(most, heapNow())
			select {
			case <-ticker.C:
			case <-stop:
				result <- most
				return
			}
		}
	}()
	return func() uint64 { close(stop); return <-result }
}

// heapNow is all that is on the heap, garbage included.
func heapNow() uint64 {
	var s heap.Stats
	heap.Read(&s)
	return s.Live + s.Young
}

// state is what the process holds while nothing is asked of it.
type state struct {
	goroutines int
	bytes      uint64
}

func baseline() state {
	runtime.GC()
	runtime.GC()
	return state{goroutines: runtime.NumGoroutine(), bytes: heapNow()}
}

const spare = 2 << 20 // buffers that net/http keeps in pools

// wait gives connections a moment to end, and says what is left.
func (before state) wait() (left string, err error) {
	var now state
	for range 100 {
		now = baseline()
		if now.goroutines <= before.goroutines && now.bytes <= before.bytes+spare {
			return fmt.Sprintf("%d goroutines, %.1f MiB more than before", max(0, now.goroutines-before.goroutines), mib(now.bytes-min(now.bytes, before.bytes))), nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Sprintf("%d goroutines before, %d now; %.1f MiB before, %.1f MiB now", before.goroutines, now.goroutines, mib(before.bytes), mib(now.bytes)),
		errors.New("something is left over")
}
