package gate_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/gate"
)

// period is a prime number of bytes: in a pattern that repeats after it, a piece
// that is lost, doubled or out of order shows.
const period = 65521

// patterned holds the pattern, long enough for one piece from anywhere in it.
var patterned = func() []byte {
	b := make([]byte, period)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return bytes.Repeat(b, (1<<20)/period+2)
}()

// piece returns what is at that place of the pattern. n is at most 1 MiB.
func piece(at int64, n int) []byte { return patterned[at%period:][:n] }

// pattern returns the first n bytes of the pattern.
func pattern(n int) []byte { return bytes.Repeat(patterned[:period], n/period+1)[:n] }

// bubbleServer serves h over net.Pipe, which works in a synctest bubble. The
// bubble fails if any goroutine is left over.
func bubbleServer(t *testing.T, h http.Handler, set func(*http.Server)) *http.Client {
	t.Helper()
	listener := pipeListener{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	if set != nil {
		set(server)
	}
	go server.Serve(listener)
	transport := &http.Transport{
		DisableCompression: true, DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			client, served := net.Pipe()
			listener.conns <- localConn{served}
			return client, nil
		},
	}
	t.Cleanup(func() { transport.CloseIdleConnections(); server.Close() })
	return &http.Client{Transport: transport}
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l pipeListener) Close() error   { close(l.closed); return nil }
func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 6060} }

type localConn struct{ net.Conn }

func (localConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 40000} }

// get asks for a page and returns when its headers are there.
func get(t *testing.T, client *http.Client, key string) *http.Response {
	t.Helper()
	response, err := client.Get("http://localhost/debug/heap?page=" + key)
	if err != nil {
		t.Error(err)
		return &http.Response{Body: http.NoBody, Header: http.Header{}}
	}
	return response
}

// wantNothingInUse checks that requests gave back what they counted for.
func wantNothingInUse(t *testing.T, g *gate.Gate) {
	t.Helper()
	// The renderer gives its place back after the client has its last byte.
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(time.Millisecond) {
		if _, _, rendering := g.InUse(); !rendering {
			break
		}
	}
	if asking, sending, rendering := g.InUse(); asking != 0 || sending != 0 || rendering {
		t.Errorf("%d requests wait and %d bytes are on their way at the end, rendering: %v", asking, sending, rendering)
	}
}

// dialUnread sends a request on a connection with a small receive buffer, and
// does not read the answer.
func dialUnread(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).SetReadBuffer(16 << 10); err != nil {
		t.Fatal(err)
	}
	io.WriteString(conn, "GET /debug/heap?page=text HTTP/1.1\r\nHost: localhost\r\n\r\n")
	return conn
}

// toServer returns a client for which every host is the server.
func toServer(server *httptest.Server) *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}}}
}
