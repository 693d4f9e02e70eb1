package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// ginService is a small application: notes that are written and read as JSON.
var ginService = service{name: "gin", serve: serveGin, dial: dialGin}

type note struct {
	ID   int    `json:"id"`
	Text string `json:"text"`
}

func serveGin(_ context.Context, _ string) (string, func(), error) {
	gin.SetMode(gin.ReleaseMode)
	var notes sync.Map
	engine := gin.New()
	engine.Use(gin.Recovery())
	engine.PUT("/notes/:id", func(c *gin.Context) {
		var n note
		if err := c.ShouldBindJSON(&n); err != nil {
			c.JSON(http.StatusBadRequest, gin.H{"error": err.Error()})
			return
		}
		notes.Store(n.ID, n)
		c.Status(http.StatusNoContent)
	})
	engine.GET("/notes/:id", func(c *gin.Context) {
		id, _ := strconv.Atoi(c.Param("id"))
		n, found := notes.Load(id)
		if !found {
			c.Status(http.StatusNotFound)
			return
		}
		c.JSON(http.StatusOK, n)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: engine, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().String(), func() { _ = server.Close() }, nil
}

// notesKept is how many notes there are.
const notesKept = 1000

func dialGin(addr string) (func(context.Context, int) error, func(), error) {
	client := &http.Client{Transport: &http.Transport{}}
	request := func(ctx context.Context, n int) error {
		id := n / 2 % notesKept
		method, body := http.MethodGet, []byte(nil)
		if n < 2*notesKept || n%10 == 0 {
			method, body = http.MethodPut, fmt.Appendf(nil, `{"id":%d,"text":"written by request %d"}`, id, n)
		}
		r, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("http://%s/notes/%d", addr, id), bytes.NewReader(body))
		if err != nil {
			return err
		}
		response, err := client.Do(r)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		if err == nil && response.StatusCode >= 500 {
			err = fmt.Errorf("%s gives %s", r.URL, response.Status)
		}
		return err
	}
	return request, client.CloseIdleConnections, nil
}
