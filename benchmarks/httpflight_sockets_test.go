package benchmarks

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/singleflight/httpflight"
)

// lowats are what TCP_NOTSENT_LOWAT is set to, 0 for not at all.
var lowats = []int{0, 32 << 10, 64 << 10, 96 << 10, 128 << 10, 256 << 10}

// BenchmarkFastClient compares how fast one client reads an answer of 8 MiB that
// is there, and eight clients at once, as a ratio to a server that does not set
// TCP_NOTSENT_LOWAT. For a line that is long, run it in a network of its own:
//
//	unshare -n sh -c 'ip link set lo up; tc qdisc add dev lo root netem delay 20ms rate 1gbit limit 100000; go test …'
func BenchmarkFastClient(b *testing.B) {
	servers := make([]*httptest.Server, len(lowats))
	for i, lowat := range lowats {
		h := httpflight.New(http.HandlerFunc(produce), httpflight.Config{NotSentLowat: lowat, Reuse: time.Hour})
		servers[i] = httptest.NewUnstartedServer(h)
		if lowat > 0 {
			servers[i].Config.ConnContext = h.ConnContext
		}
		servers[i].Start()
		defer servers[i].Close()
		download(b, servers[i])
	}
	for _, clients := range []int{1, 8} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			took := make([]series, len(lowats))
			for b.Loop() {
				for i := range servers {
					begin := time.Now()
					var all sync.WaitGroup
					for range clients {
						all.Go(func() { download(b, servers[i]) })
					}
					all.Wait()
					took[i].p50 = append(took[i].p50, time.Since(begin).Seconds())
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(clients*sharedBody)/(1<<20)/median(took[0].p50), "MiB/s-unset")
			for i, lowat := range lowats[1:] {
				b.ReportMetric(median(took[0].p50)/median(took[i+1].p50), fmt.Sprintf("%dKiB/unset", lowat>>10))
			}
		})
	}
}

func download(b *testing.B, server *httptest.Server) {
	response, err := server.Client().Get(server.URL)
	if err != nil {
		b.Error(err)
		return
	}
	defer response.Body.Close()
	if n, err := io.Copy(io.Discard, response.Body); n != sharedBody || err != nil {
		b.Errorf("%d bytes, %v", n, err)
	}
}

// BenchmarkSlowFollowers measures what a client costs that asks for 8 MiB and
// does not read: on the Go heap, stacks included, and in the kernel, as
// /proc/net/sockstat says. The client's end of each connection is on this machine,
// too, and kept as small as the kernel lets it be.
func BenchmarkSlowFollowers(b *testing.B) {
	if m, err := httpflight.ReadSocketMemory(); !m.HasTCP {
		b.Skipf("the kernel does not say: %v", err)
	}
	const n = 1000
	for _, lowat := range lowats {
		b.Run(fmt.Sprintf("lowat=%dKiB", lowat>>10), func(b *testing.B) {
			for b.Loop() {
				slowFollowers(b, n, lowat)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func slowFollowers(b *testing.B, n, lowat int) {
	h := httpflight.New(http.HandlerFunc(produce), httpflight.Config{NotSentLowat: lowat, StallTimeout: time.Minute})
	server := httptest.NewUnstartedServer(h)
	if lowat > 0 {
		server.Config.ConnContext = h.ConnContext
	}
	server.Start()
	defer func() {
		server.CloseClientConnections()
		server.Close()
		if err := h.Close(); err != nil {
			b.Error(err)
		}
	}()
	conns := make([]net.Conn, n)
	for i := range conns {
		conns[i] = mustDial(b, server.Listener.Addr().String())
		defer conns[i].Close()
	}
	idleHeap, idleKernel := heldNow(b)
	for _, c := range conns {
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"); err != nil {
			b.Fatal(err)
		}
	}
	time.Sleep(sharedLoad + 2*time.Second)
	heapNow, kernelNow := heldNow(b)
	b.ReportMetric((heapNow-idleHeap-sharedBody)/float64(n)/1024, "KiB-heap/client")
	b.ReportMetric((kernelNow-idleKernel)/float64(n)/1024, "KiB-kernel/client")
}

func mustDial(b *testing.B, address string) net.Conn {
	c, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	if err := c.(*net.TCPConn).SetReadBuffer(1); err != nil {
		b.Fatal(err)
	}
	return c
}

// heldNow returns what the Go heap with stacks, and the kernel for TCP, hold.
func heldNow(b *testing.B) (goBytes, kernel float64) {
	runtime.GC()
	runtime.GC()
	var s heap.Stats
	heap.Read(&s)
	m, err := httpflight.ReadSocketMemory()
	if err != nil {
		b.Fatal(err)
	}
	return float64(s.Live + s.Stacks), float64(m.TCP)
}

const (
	realClients = 10_000
	realBody    = 256 << 10
)

// BenchmarkRealSockets lets 10,000 clients ask at once over TCP for 256 KiB that take
// half a second to load, each on a connection of its own. They are a process of
// their own, so that two times 12,000 descriptors will do.
func BenchmarkRealSockets(b *testing.B) {
	const pieces = 64
	var loads atomic.Int64
	origin := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		loads.Add(1)
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(realBody))
		for range pieces {
			_, _ = w.Write(make([]byte, realBody/pieces))
			time.Sleep(sharedLoad / pieces)
		}
	})
	most, single := int64(0), 0
	for b.Loop() {
		loads.Store(0)
		h := httpflight.New(origin, httpflight.Config{Reuse: time.Minute}) // longer than all need to arrive
		server := httptest.NewUnstartedServer(h)
		server.Config.ConnContext = h.ConnContext
		server.Start()
		before, _ := heldNow(b)
		clients := exec.CommandContext(b.Context(), os.Args[0], "-test.run", "^TestRealClients$")
		clients.Env = append(os.Environ(), "HTTPFLIGHT_ADDRESS="+server.Listener.Addr().String())
		output, err := clients.CombinedOutput()
		if err != nil {
			b.Fatalf("%v\n%s", err, output)
		}
		first, _, _ := strings.Cut(string(output), "\n")
		b.Log(first)
		if most = max(most, loads.Load()); loads.Load() == 1 {
			single++
		}
		server.CloseClientConnections()
		server.Close()
		if err := h.Close(); err != nil {
			b.Error(err)
		}
		after, _ := heldNow(b)
		b.Logf("%.0f KiB more than before", (after-before)/1024)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(most), "most-loads")
	b.ReportMetric(float64(100*single)/float64(b.N), "%-single")
}

// TestRealClients is the clients of BenchmarkRealSockets.
func TestRealClients(t *testing.T) {
	address := os.Getenv("HTTPFLIGHT_ADDRESS")
	if address == "" {
		t.Skip("it is run by BenchmarkRealSockets")
	}
	conns, took := make([]net.Conn, realClients), make([]float64, realClients)
	for i := range conns {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conns[i] = c
	}
	begin := time.Now()
	var all sync.WaitGroup
	for i, c := range conns {
		all.Go(func() { took[i] = askRaw(t, c, realBody) })
	}
	all.Wait()
	total := time.Since(begin)
	slices.Sort(took)
	fmt.Printf("first byte p50 %.0f ms, p99 %.0f ms, all done after %v\n", 1000*took[len(took)/2], 1000*took[len(took)*99/100], total.Round(time.Millisecond))
}

// askRaw returns how long the first byte of the body took, in seconds.
func askRaw(b testing.TB, c net.Conn, size int) float64 {
	defer c.Close()
	begin := time.Now()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"); err != nil {
		b.Error(err)
		return 0
	}
	read, buffer, first := 0, make([]byte, 4<<10), 0.0
	for {
		n, err := c.Read(buffer)
		if read += n; first == 0 && n > 0 {
			first = time.Since(begin).Seconds() // the headers come with the first byte
		}
		if err == io.EOF && read > size {
			return first
		}
		if err != nil {
			b.Errorf("after %d bytes: %v", read, err)
			return first
		}
	}
}
