package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
)

// listenOnce accepts connections as long as the process lives.
var listenOnce = sync.OnceValue(func() net.Addr {
	l := listen()
	keep(l)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(conn, conn)
				conn.Close()
			}()
		}
	}()
	return l.Addr()
})

func useListener() {
	conn := must(net.Dial("tcp", listenOnce().String()))
	defer conn.Close()
	must(conn.Write([]byte("x")))
	must(io.ReadFull(conn, make([]byte, 1)))
}

var serveOnce = sync.OnceValue(newServer)

func newServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	}))
}

func useKeepAlive() { get(serveOnce()) }

// get leaves the connection to the pool of the client.
func get(server *httptest.Server) {
	response, err := server.Client().Get(server.URL)
	if err != nil {
		panic(err)
	}
	_ = must(io.Copy(io.Discard, response.Body))
	response.Body.Close()
}

func serveAndClose() {
	server := newServer()
	defer server.Close()
	get(server)
}

var openOnce = sync.OnceValue(openDatabase)

func useDatabase() { must(openOnce().Exec("work")) }
