package httpflight_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight/httpflight"
)

func TestRequestsThatRunAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := slow("hello")
		h := newHandler(t, o, httpflight.Config{
			Private: []string{"X-Tenant-Token"},
			Key:     func(r *http.Request) (string, bool) { return r.URL.Path, r.URL.Path != "/live" },
		})
		alone := map[string]*client{
			"POST":          newClient("POST", "http://a.example/"),
			"OPTIONS":       newClient("OPTIONS", "http://a.example/"),
			"Authorization": newClient("GET", "http://a.example/", "Authorization: Bearer x"),
			"Cookie":        newClient("GET", "http://a.example/", "Cookie: id=1"),
			"Private":       newClient("GET", "http://a.example/", "X-Tenant-Token: 1"),
			"Api-Key":       newClient("GET", "http://a.example/", "X-Api-Key: 1"),
			"Upgrade":       newClient("GET", "http://a.example/", "Upgrade: websocket", "Connection: keep-alive, Upgrade"),
			"Connection":    newClient("GET", "http://a.example/", "Connection: upgrade"),
			"no-store":      newClient("GET", "http://a.example/", "Cache-Control: max-age=0, No-Store"),
			"If-Match":      newClient("GET", "http://a.example/", `If-Match: "a"`),
			"Expect":        newClient("GET", "http://a.example/", "Expect: 100-continue"),
			"override":      newClient("GET", "http://a.example/", "X-HTTP-Method-Override: DELETE"),
			"method":        newClient("HEAD", "http://a.example/", "X-Method-Override: PUT"),
			"events":        newClient("GET", "http://a.example/", "Accept: text/html;q=0.5, Text/Event-Stream;q=1"),
			"Key":           newClient("GET", "http://a.example/live"),
			"body":          newClient("GET", "http://a.example/"),
			"certificate":   newClient("GET", "http://a.example/"),
		}
		alone["body"].r.Body, alone["body"].r.ContentLength = io.NopCloser(strings.NewReader("x")), -1
		alone["certificate"].r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}
		var all sync.WaitGroup
		for name, c := range alone {
			all.Go(func() {
				if c.do(h); !strings.Contains(c.cacheStatus(), "fwd=bypass") {
					t.Errorf("%s: %s", name, c.cacheStatus())
				}
			})
		}
		all.Wait()
		if n := o.asked.Load(); n != int64(len(alone)) {
			t.Errorf("%d requests cause %d loads", len(alone), n)
		}
	})
}

func TestRequestsThatShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := slow("hello")
		h := newHandler(t, o, httpflight.Config{})
		var all sync.WaitGroup
		for _, headers := range [][]string{
			{}, {"Range: bytes=0-1"}, {`If-None-Match: "a"`}, {"User-Agent: a"}, {"Cache-Control: no-cache"}, {"Pragma: no-cache"},
			{"X-Forwarded-For: 1.2.3.4"}, {"X-Forwarded-For: 1.2.3.5"}, {"Connection: close"}, {"Accept-Encoding: deflate"},
		} {
			all.Go(func() { get(h, headers...) })
			all.Go(func() { newClient("HEAD", "http://SHOP.example/list?page=1", headers...).do(h) })
		}
		all.Wait()
		if o.asked.Load() != 1 {
			t.Errorf("%d loads", o.asked.Load())
		}
	})
}

// What handlers take for a part of the address is a part of the key: nobody can
// poison the answer of others with it.
func TestAddressesAreKeptApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			_, _ = fmt.Fprint(w, r.Host, r.URL, r.Header["X-Forwarded-Host"], r.Header["X-Original-Url"], r.TLS != nil)
		})
		h := newHandler(t, o, httpflight.Config{})
		clients := []*client{
			newClient("GET", "http://a.example/"), newClient("GET", "http://b.example/"), newClient("GET", "https://a.example/"),
			newClient("GET", "http://a.example/?"), newClient("GET", "http://a.example/a%2fb"), newClient("GET", "http://a.example/a/b"),
			newClient("GET", "http://a.example/", "X-Forwarded-Host: evil.example"),
			newClient("GET", "http://a.example/", "X-Forwarded-Host: evil", "X-Forwarded-Host: example"),
			newClient("GET", "http://a.example/", "X-Original-Url: evil.example"),
			newClient("GET", "http://a.example/", "X-Forwarded-Host: a\x00\x00Bb"),
			newClient("GET", "http://a.example/", "X-Forwarded-Host: a", "X-Forwarded-Proto: b"),
		}
		for _, name := range []string{"X-Forwarded-Path", "X-Forwarded-Uri", "X-Original-Uri", "Front-End-Https", "X-Url-Scheme"} {
			clients = append(clients, newClient("GET", "http://a.example/", name+": on"))
		}
		var all sync.WaitGroup
		for _, c := range clients {
			all.Go(func() { c.do(h) })
		}
		all.Wait()
		if n := int(o.asked.Load()); n != len(clients) {
			t.Errorf("%d addresses caused %d loads", len(clients), n)
		}
	})
}

// What Forwarded says of the address reaches the handler and is a part of the key, what
// it says of the client does neither.
func TestForwardedIsTakenApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			_, _ = fmt.Fprintf(w, "%q", r.Header["Forwarded"])
		})
		h := newHandler(t, o, httpflight.Config{})
		var all sync.WaitGroup
		for forwarded, want := range map[string]string{
			"for=1.2.3.4":                 `[]`,
			"for=1.2.3.5;by=proxy":        `[]`,
			"for=1.2.3.4;proto=https":     `["proto=https"]`,
			"proto=https; for=1.2.3.5":    `["proto=https"]`,
			"for=a;Proto=https;host=evil": `["Proto=https;host=evil"]`,
			`for="[::1]";host="a;b,c";proto=http, for=b, for=c;proto=https`: `["host=\"a;b,c\";proto=http, proto=https"]`,
			`for="proto=https;host=evil"`:                                   `[]`,
		} {
			all.Go(func() {
				if got := get(h, "Forwarded: "+forwarded).body.String(); got != want {
					t.Errorf("%s: the handler sees %s, want %s", forwarded, got, want)
				}
			})
		}
		all.Wait()
		if o.asked.Load() != 4 {
			t.Errorf("%d loads, want one for each address", o.asked.Load())
		}
	})
}

// answers with these headers go to nobody else.
var privateAnswers = [][]string{
	{"Set-Cookie: a=b"}, {"Cache-Control: private"}, {"Cache-Control: max-age=5, PRIVATE=\"x, y\""}, {"Cache-Control: no-store"},
	{"Cache-Control: no-cache"}, {"Cache-Control: no-cache=\"Set-Cookie\""}, {"Pragma: no-cache"}, {"Vary: *"}, {"Vary: Accept, *"},
	{"Vary: a b"}, {"Content-Range: bytes 0-4/9"}, {"Www-Authenticate: Basic"}, {"Content-Type: text/event-stream; charset=utf-8"},
	{"Content-Length: 100000000", "Content-Type: a/b"}, {"Clear-Site-Data: *"}, {"Vary: X-Forwarded-For"}, {"Vary: Range"},
	{"Cache-Control: public", "Cache-Control: private"}, {"Authentication-Info: x"},
}

func TestAnswersThatAreNotShared(t *testing.T) {
	check := func(name string, status int, set func(http.Header)) {
		synctest.Test(t, func(t *testing.T) {
			o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(time.Second)
				set(w.Header())
				w.WriteHeader(status)
				_, _ = io.WriteString(w, "hello")
			})
			h := newHandler(t, o, httpflight.Config{Reuse: time.Minute})
			herd(h, 5)
			if o.asked.Load() != 5 {
				t.Errorf("%s: %d loads for five clients", name, o.asked.Load())
			}
		})
	}
	for _, headers := range privateAnswers {
		check(fmt.Sprint(headers), 200, func(h http.Header) { addAll(h, headers) })
	}
	check("not canonical", 200, func(h http.Header) { h["set-cookie"] = []string{"a=b"} })
	for _, status := range []int{201, 206, 302, 303, 304, 307, 401, 403, 407, 416, 429, 451, 505, 599, 999} {
		check(strconv.Itoa(status), status, func(http.Header) {})
	}
}

func TestAnswersThatAreShared(t *testing.T) {
	for _, status := range []int{200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 500, 501, 502, 503, 504} {
		synctest.Test(t, func(t *testing.T) {
			o := newOrigin(func(w http.ResponseWriter, r *http.Request) { time.Sleep(time.Second); w.WriteHeader(status) })
			h := newHandler(t, o, httpflight.Config{Reuse: time.Minute})
			for _, c := range herd(h, 5) {
				if c.status != status {
					t.Errorf("got %d, want %d", c.status, status)
				}
			}
			get(h)
			want := int64(1)
			if status >= 500 && status != 501 {
				want = 2 // a failure is not reused
			}
			if o.asked.Load() != want {
				t.Errorf("%d: %d loads, want %d", status, o.asked.Load(), want)
			}
			time.Sleep(time.Minute)
		})
	}
}

func TestAllowedOriginVaries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, newOrigin(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		}), httpflight.Config{Reuse: time.Minute})
		var all sync.WaitGroup
		for _, origin := range []string{"https://a.example", "https://b.example"} {
			all.Go(func() {
				for _, c := range herd(h, 3, "Origin: "+origin) {
					if c.sent.Get("Access-Control-Allow-Origin") != origin {
						t.Errorf("%s got %v", origin, c.sent)
					}
				}
			})
		}
		all.Wait()
		time.Sleep(time.Minute)
	})
}
