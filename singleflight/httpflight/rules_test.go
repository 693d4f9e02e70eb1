package httpflight_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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
		check(fmt.Sprint(headers), 200, func(h http.Header) {
			for _, line := range headers {
				name, value, _ := strings.Cut(line, ": ")
				h.Add(name, value)
			}
		})
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

// isPrivate is the rule in its simplest form, written apart from the code: any of
// these words anywhere in such a header makes the answer one for a single client.
func isPrivate(status int, h http.Header) bool {
	values := func(name string) (all string) {
		for key, lines := range h {
			if textproto.CanonicalMIMEHeaderKey(key) == name {
				all += "," + strings.Join(lines, ",")
			}
		}
		return strings.ToLower(all)
	}
	for element := range strings.SplitSeq(values("Cache-Control"), ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(element), "=")
		if slices.Contains([]string{"private", "no-store", "no-cache"}, strings.TrimSpace(name)) && !strings.Contains(values("Cache-Control"), `"`) {
			return true
		}
	}
	for element := range strings.SplitSeq(values("Vary"), ",") {
		if strings.TrimSpace(element) == "*" {
			return true
		}
	}
	return values("Set-Cookie") != "" || slices.Contains([]int{206, 401, 403, 407, 429}, status)
}

// FuzzPrivate: an answer that the rules call private never reaches another
// request, and neither does one to a request with credentials, nor one that
// varies on a header in which the two differ.
func FuzzPrivate(f *testing.F) {
	f.Add(200, "Cache-Control", "private", "", "", "", "")
	f.Add(200, "set-cookie", "a=b", "Vary", "X-A", "X-A", "1")
	f.Add(404, "Vary", "x-a", "Cache-Control", "max-age=10", "X-A", "1")
	f.Add(200, "Cache-Control", "max-age=1,\tNo-Store ,", "Vary", ", ,*", "Cookie", "a")
	f.Add(302, "Cache-Control", "public, no-cache", "Expires", "0", "authorization", "x")
	for _, headers := range privateAnswers {
		name, value, _ := strings.Cut(headers[0], ": ")
		f.Add(200, name, value, "", "", "", "")
	}
	f.Fuzz(func(t *testing.T, status int, name1, value1, name2, value2, ask, asked string) {
		if status < 200 || status > 999 {
			return
		}
		synctest.Test(t, func(t *testing.T) { oneForEach(t, status, name1, value1, name2, value2, ask, asked) })
	})
}

// oneForEach lets three clients ask at once, one later, and one when what they got
// is stale. Each answer carries
// the number of the load.
func oneForEach(t *testing.T, status int, name1, value1, name2, value2, ask, asked string) {
	var private atomic.Bool
	var loads atomic.Int64
	o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
		n := loads.Add(1)
		time.Sleep(time.Second)
		w.Header().Set("X-Load", strconv.FormatInt(n, 10))
		for _, pair := range [][2]string{{name1, value1}, {name2, value2}} {
			if pair[0] != "" && !strings.EqualFold(pair[0], "X-Load") {
				w.Header()[pair[0]] = append(w.Header()[pair[0]], pair[1])
			}
		}
		private.Store(isPrivate(status, w.Header()))
		w.WriteHeader(status)
	})
	h := httpflight.New(o, httpflight.Config{Reuse: 5 * time.Second, Stale: 5 * time.Second, StaleIfError: 9 * time.Second})
	var clients []*client
	for range 5 {
		clients = append(clients, newClient("GET", "http://a.example/"))
	}
	if ask != "" {
		clients[1].r.Header[textproto.CanonicalMIMEHeaderKey(ask)] = []string{asked}
	}
	var all sync.WaitGroup
	for _, c := range clients[:3] {
		all.Go(func() { c.do(h) })
	}
	all.Wait()
	clients[3].do(h)
	time.Sleep(7 * time.Second) // beyond Reuse, within Stale
	clients[4].do(h)
	by := map[string]int{}
	for i, c := range clients {
		load := c.sent.Get("X-Load")
		if c.status >= 500 && load == "" {
			continue // refused
		}
		by[load]++
		if load == "" || private.Load() && by[load] > 1 {
			t.Errorf("client %d got the answer of load %q, which is private: %d %v", i, load, c.status, c.sent)
		}
	}
	if own := by[clients[1].sent.Get("X-Load")]; own > 1 && mustRunAlone(ask, clients[1].sent, asked) {
		t.Errorf("the answer to %s: %q went to %d clients: %v", ask, asked, own, clients[1].sent)
	}
	time.Sleep(20 * time.Second)
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	wantNothingHeld(t, h)
}

// mustRunAlone reports whether a request with such a header must not share an
// answer with one that has none.
func mustRunAlone(ask string, answer http.Header, asked string) bool {
	ask = textproto.CanonicalMIMEHeaderKey(ask)
	if ask == "Authorization" || ask == "Cookie" || ask == "X-Forwarded-Host" {
		return true
	}
	if ask == "" || ask == "Accept-Encoding" {
		return false
	}
	for element := range strings.SplitSeq(strings.Join(answer.Values("Vary"), ","), ",") {
		if textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(element)) == ask {
			return true
		}
	}
	return false
}
