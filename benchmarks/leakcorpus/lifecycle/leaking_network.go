package main

import (
	"io"
	"net"
	"net/http"
)

func listen() net.Listener { return must(net.Listen("tcp", "127.0.0.1:0")) }

// copyFromConnection reads without a deadline from a peer that says nothing.
func copyFromConnection() {
	l := listen()
	defer l.Close()
	client := must(net.Dial("tcp", l.Addr().String()))
	server := must(l.Accept())
	keep(client)
	keep(server)
	go func() { _, _ = io.Copy(io.Discard, server) }()
}

func acceptForEver() {
	l := listen()
	keep(l)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
}

func serveForEver() {
	l := listen()
	server := &http.Server{Handler: http.NotFoundHandler()}
	keep(server)
	go func() { _ = server.Serve(l) }()
}

// keepResponse does not close the body of a response that goes on for ever. The
// server is that of a peer: it is closed, as far as one can with a client that
// holds on.
func keepResponse() {
	l := listen()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})}
	go func() { _ = server.Serve(l) }()
	client := &http.Client{Transport: &http.Transport{}}
	response, err := client.Get("http://" + l.Addr().String())
	if err != nil {
		panic(err)
	}
	keep(response) // and not: response.Body.Close()
	keep(server)
}

func keepDatabase() {
	db := openDatabase()
	keep(db)
	must(db.Exec("work"))
}
