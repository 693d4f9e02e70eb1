package httpflight_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"

	"github.com/govitals/govitals/singleflight/httpflight"
)

// The kernel has what ConnContext set, over TLS, too.
func TestConnContextSetsNotSentLowat(t *testing.T) {
	for _, secure := range []bool{false, true} {
		h := newHandler(t, http.NotFoundHandler(), httpflight.Config{NotSentLowat: 100_000})
		got := make(chan int, 1)
		server := httptest.NewUnstartedServer(h)
		server.Config.ConnContext = h.ConnContext
		server.Config.ConnState = func(c net.Conn, state http.ConnState) {
			if state == http.StateActive {
				got <- notSentLowat(t, c)
			}
		}
		if secure {
			server.StartTLS()
		} else {
			server.Start()
		}
		response, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		server.Close()
		if lowat := <-got; lowat != 100_000 {
			t.Errorf("TLS %v: TCP_NOTSENT_LOWAT is %d", secure, lowat)
		}
	}
}

func notSentLowat(t *testing.T, c net.Conn) (lowat int) {
	if inner, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = inner.NetConn()
	}
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err == nil {
		_ = raw.Control(func(fd uintptr) { lowat, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, 25) })
	}
	if err != nil {
		t.Error(err)
	}
	return lowat
}
