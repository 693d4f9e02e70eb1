package httpflight_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/govitals/govitals/singleflight/httpflight"
)

func Example() {
	relay := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("asked for", r.URL)
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "the list")
	})
	h := httpflight.New(relay, httpflight.Config{Reuse: time.Minute})
	defer h.Close()
	server := httptest.NewUnstartedServer(h)
	server.Config.ConnContext = h.ConnContext // bounds what slow clients cost in the kernel
	server.Start()
	defer server.Close()
	for range 2 {
		response, err := server.Client().Get(server.URL + "/list")
		if err != nil {
			log.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		fmt.Println(string(body), err)
		time.Sleep(50 * time.Millisecond)
	}
	// Output:
	// asked for /list
	// the list <nil>
	// the list <nil>
}

// A service that shows what is ten seconds old, and rather what is an hour old than
// nothing when the origin is down.
func ExampleNew() {
	down := false
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down {
			http.Error(w, "out of order", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "prices")
	})
	h := httpflight.New(origin, httpflight.Config{
		Reuse:        10 * time.Millisecond,
		StaleIfError: time.Hour,
		Gzip:         true,
	})
	defer h.Close()
	for range 2 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), "GET", "http://shop.example/prices", nil))
		fmt.Println(w.Code, w.Body)
		down = true
		time.Sleep(100 * time.Millisecond)
	}
	// Output:
	// 200 prices
	// 200 prices
}
