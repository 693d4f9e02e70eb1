package httpflight_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight/httpflight"
)

const (
	tag      = `"v1"`
	modified = "Sat, 01 Nov 2025 10:00:00 GMT"
)

// What HEAD, Range and conditions get from a flight is what http.ServeContent
// would have given them, and all from one load.
func TestPartsAsServeContent(t *testing.T) {
	body := strings.Repeat("0123456789", 1000)
	requests := [][]string{
		{}, {"Range: bytes=0-0"}, {"Range: bytes=0-9999"}, {"Range: bytes=0-20000"}, {"Range: bytes=5000-"},
		{"Range: bytes=-1"}, {"Range: bytes=-99999"}, {"Range: bytes=9999-"}, {"Range: bytes=10000-"}, {"Range: bytes=20000-30000"},
		{"If-None-Match: " + tag}, {"If-None-Match: W/" + tag}, {`If-None-Match: "a", "v1"`}, {"If-None-Match: *"}, {`If-None-Match: "v2"`},
		{"If-Modified-Since: " + modified}, {"If-Modified-Since: Sat, 01 Nov 2025 09:59:59 GMT"}, {"If-Modified-Since: banana"},
		{`If-None-Match: "v2"`, "If-Modified-Since: " + modified},
		{"Range: bytes=1-2", "If-Range: " + tag}, {"Range: bytes=1-2", `If-Range: "v2"`}, {"Range: bytes=1-2", "If-Range: W/" + tag},
		{"Range: bytes=1-2", "If-Range: " + modified}, {"Range: bytes=1-2", "If-None-Match: " + tag},
	}
	std := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", tag)
		at, _ := http.ParseTime(modified)
		http.ServeContent(w, r, "a.txt", at, strings.NewReader(body))
	})
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) { time.Sleep(time.Second); std(w, r) })
		h := newHandler(t, o, httpflight.Config{})
		var all sync.WaitGroup
		for _, headers := range requests {
			for _, method := range []string{"GET", "HEAD"} {
				all.Go(func() {
					got, want := newClient(method, "http://a.example/", headers...).do(h), newClient(method, "http://a.example/", headers...)
					want.do(std)
					if method == "HEAD" { // which has no ranges (RFC 9110, 14.2); ServeContent answers them all the same
						want = newClient(method, "http://a.example/", removeRange(headers)...).do(std)
					} else if !bytes.Equal(got.body.Bytes(), want.body.Bytes()) && want.status != 416 {
						t.Errorf("%s %v: %d bytes, want %d", method, headers, got.body.Len(), want.body.Len())
					}
					if got.status != want.status {
						t.Errorf("%s %v: %d, want %d", method, headers, got.status, want.status)
					}
					for _, name := range []string{"Content-Length", "Content-Range", "Content-Type", "Etag", "Last-Modified"} {
						if want.status == 416 && name != "Content-Range" {
							continue
						}
						if want.status == 304 && name == "Last-Modified" {
							continue // RFC 9110, 15.4.5 leaves it to the server
						}
						if got.sent.Get(name) != want.sent.Get(name) {
							t.Errorf("%s %v: %s is %q, want %q", method, headers, name, got.sent.Get(name), want.sent.Get(name))
						}
					}
				})
			}
		}
		all.Wait()
		if o.asked.Load() != 1 {
			t.Errorf("%d loads", o.asked.Load())
		}
	})
}

func removeRange(headers []string) []string {
	var rest []string
	for _, line := range headers {
		if !strings.HasPrefix(line, "Range") {
			rest = append(rest, line)
		}
	}
	return rest
}

func TestWhatIsNoSingleRangeGetsTheWhole(t *testing.T) {
	h := newHandler(t, newOrigin(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "0123456789") }), httpflight.Config{Reuse: time.Minute})
	get(h)
	for _, value := range []string{"bytes=0-1,4-5", "bytes=", "bytes=a-b", "bytes=5-2", "items=0-1", "bytes=--1", "bytes=+1-2", "0-1"} {
		if c := get(h, "Range: "+value); c.status != 200 || c.body.String() != "0123456789" {
			t.Errorf("%s: %d %q", value, c.status, c.body.String())
		}
	}
}

func TestRangeBeyondAnyNumber(t *testing.T) {
	h := newHandler(t, newOrigin(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "0123456789") }), httpflight.Config{Reuse: time.Minute})
	get(h)
	for value, want := range map[string]string{
		"bytes=1-99999999999999999999": "123456789", "bytes=-99999999999999999999": "0123456789", "bytes=99999999999999999999-": "",
	} {
		if c := get(h, "Range: "+value); c.body.String() != want || c.status != 206 && want != "" {
			t.Errorf("%s: %d %q", value, c.status, c.body.String())
		}
	}
}

func TestLengthIsKnownAtTheEnd(t *testing.T) {
	h := newHandler(t, newOrigin(func(w http.ResponseWriter, r *http.Request) {
		for range 3 {
			_, _ = w.Write(make([]byte, 1000))
			w.(http.Flusher).Flush()
		}
	}), httpflight.Config{Reuse: time.Minute})
	get(h)
	c := newClient("HEAD", list).do(h)
	if c.sent.Get("Content-Length") != "3000" || c.body.Len() != 0 {
		t.Errorf("HEAD of a kept answer: Content-Length %q, %d bytes", c.sent.Get("Content-Length"), c.body.Len())
	}
}

func TestGzipOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := strings.Repeat("all the same ", 10_000)
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "" {
				t.Errorf("the origin was asked for %q", r.Header.Get("Accept-Encoding"))
			}
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Etag", tag)
			for i := 0; i < len(text); i += 13_000 {
				_, _ = io.WriteString(w, text[i:i+13_000])
				time.Sleep(100 * time.Millisecond)
			}
		})
		h := newHandler(t, o, httpflight.Config{Gzip: true})
		var all sync.WaitGroup
		var plain, packed []*client
		all.Go(func() { plain = herd(h, 10) })
		all.Go(func() { packed = herd(h, 10, "Accept-Encoding: gzip, br") })
		all.Wait()
		for _, c := range plain {
			if c.body.String() != text || c.sent.Get("Content-Encoding") != "" || c.sent.Get("Vary") != "Accept-Encoding" {
				t.Errorf("plain: %d bytes, %v", c.body.Len(), c.sent)
			}
		}
		for _, c := range packed {
			z, err := gzip.NewReader(&c.body)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(z)
			if err != nil || string(got) != text || c.sent.Get("Content-Encoding") != "gzip" || c.sent.Get("Etag") != "W/"+tag || c.sent.Get("Vary") != "Accept-Encoding" {
				t.Errorf("packed: %d bytes, %v, %v", len(got), err, c.sent)
			}
		}
		if o.asked.Load() != 1 {
			t.Errorf("%d loads", o.asked.Load())
		}
		synctest.Wait()
		wantNothingHeld(t, h)
	})
}

func TestGzipLeavesAlone(t *testing.T) {
	for _, headers := range [][]string{
		{"Content-Type: image/png"}, {"Content-Type: text/plain", "Cache-Control: no-transform"},
		{"Content-Type: text/plain", "Content-Encoding: br"}, {"Content-Type: text/plain", "Set-Cookie: a=b"},
		{"Content-Type: text/plain", "Content-Length: 5"},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHandler(t, slow("hello", headers...), httpflight.Config{Gzip: true})
			var all sync.WaitGroup
			for _, accept := range []string{"gzip", "", "gzip"} {
				all.Go(func() {
					c := get(h, "Accept-Encoding: "+accept)
					if c.body.String() != "hello" || c.sent.Get("Content-Encoding") == "gzip" {
						t.Errorf("%v: %q %v", headers, c.body.String(), c.sent)
					}
				})
			}
			all.Wait()
			synctest.Wait()
			wantNothingHeld(t, h)
		})
	}
}

// A body of every size and way of writing arrives as it was written.
func TestBodiesArriveWhole(t *testing.T) {
	for _, size := range []int{0, 1, 511, 512, 4096, 4097, 70_000, 300_001} {
		for _, step := range []int{100, 4096, 32 << 10} {
			for _, declared := range []bool{false, true} {
				if size/step > 1000 {
					continue
				}
				want := bytes.Repeat([]byte("govitals"), size/8+1)[:size]
				h := newHandler(t, newOrigin(func(w http.ResponseWriter, r *http.Request) {
					if declared {
						w.Header().Set("Content-Length", fmt.Sprint(size))
					}
					for i := 0; i < size; i += step {
						part := bytes.Clone(want[i:min(i+step, size)])
						_, _ = w.Write(part)
						clear(part) // as a handler does that reads into it again
					}
				}), httpflight.Config{})
				for _, c := range herd(h, 3) {
					if !bytes.Equal(c.body.Bytes(), want) || c.status != 200 {
						t.Errorf("size %d, step %d, declared %v: got %d bytes, %d", size, step, declared, c.body.Len(), c.status)
					}
				}
			}
		}
	}
}

// Over a real server: HTTP/1.1 and HTTP/2, keep-alive, a WriteTimeout.
func TestRealServers(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		body := strings.Repeat("x", 90_000)
		h := newHandler(t, newOrigin(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", mime.TypeByExtension(".html"))
			for i := range 3 {
				_, _ = io.WriteString(w, body[i*30_000:(i+1)*30_000])
				_ = http.NewResponseController(w).Flush()
			}
		}), httpflight.Config{StallTimeout: 10 * time.Second})
		server := httptest.NewUnstartedServer(h)
		server.EnableHTTP2 = http2
		server.Config.WriteTimeout = time.Minute
		server.Config.ConnContext = h.ConnContext
		server.StartTLS()
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				for range 2 {
					response, err := server.Client().Get(server.URL)
					if err != nil {
						t.Error(err)
						return
					}
					got, err := io.ReadAll(response.Body)
					response.Body.Close()
					if err != nil || string(got) != body || (response.ProtoMajor == 2) != http2 {
						t.Errorf("%s: %d bytes, %v", response.Proto, len(got), err)
					}
				}
			})
		}
		all.Wait()
		server.Close()
	}
}
