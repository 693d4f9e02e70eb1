package httpflight_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight/httpflight"
)

// text is slow for a body whose type need not be guessed.
func text(body string, headers ...string) *origin {
	return slow(body, append([]string{"Content-Type: text/plain"}, headers...)...)
}

// A Cache-Control that is not one, as people write it, means what it might mean.
func TestMalformedCacheControlIsPrivate(t *testing.T) {
	for _, value := range []string{
		"private; max-age=60", "max-age=60; private", "no-store;no-cache", "max-age=60 private", `x="y, private`, `"private"`, `max-age="60, no-store`, `x="a"b, y=""private`,
	} {
		synctest.Test(t, func(t *testing.T) {
			o := text("hello", "Cache-Control: "+value)
			herd(newHandler(t, o, httpflight.Config{Reuse: time.Minute}), 3)
			if o.asked.Load() != 3 {
				t.Errorf("%s: %d loads for three clients", value, o.asked.Load())
			}
		})
	}
	for _, value := range []string{"max-age=60", `max-age="60"`, "public,,max-age = 60", `x="a, \"private\", b", max-age=60`, "max-age=60, immutable, x=", "s-maxage=9,MAX-AGE=60"} {
		synctest.Test(t, func(t *testing.T) {
			o := text("hello", "Cache-Control: "+value)
			h := newHandler(t, o, httpflight.Config{Reuse: time.Minute})
			herd(h, 3)
			if get(h); o.asked.Load() != 1 {
				t.Errorf("%s: %d loads", value, o.asked.Load())
			}
		})
	}
}

// What is over is not reused, however far back its end is, and of two ages the first
// one holds.
func TestOldAnswersAreNotReused(t *testing.T) {
	for _, headers := range [][]string{
		{"Expires: " + time.Time{}.Format(http.TimeFormat), "Age: 1"}, // 1 January of the year 1
		{"Expires: Thu, 01 Jan 1970 00:00:00 GMT", "Age: 1"},
		{"Cache-Control: max-age=60", "Age: 61, 0"},
		{"Cache-Control: max-age=60", "Age: 100"},
		{"Cache-Control: max-age=60", "Age: 4294967296"}, // an age that no number holds is a great one (RFC 9111, 1.2.2)
		{"Cache-Control: max-age=60", "Age: 99999999999999999999"},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := text("hello", headers...)
			h := newHandler(t, o, httpflight.Config{Reuse: time.Minute})
			get(h)
			if get(h); o.asked.Load() != 2 {
				t.Errorf("%v: it was reused", headers)
			}
		})
	}
}

// The time in which an answer is fresh begins with its headers, and Age says how much
// of it has gone.
func TestSlowBodyIsOldWhenItIsComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Cache-Control", "max-age=30")
			for range 21 { // 20 s
				_, _ = io.WriteString(w, "hello")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Second)
			}
		})
		h := newHandler(t, o, httpflight.Config{Reuse: time.Minute})
		get(h) // 21 s
		time.Sleep(5 * time.Second)
		c := get(h)
		if age, status := c.sent.Get("Age"), c.cacheStatus(); age != "26" || !strings.Contains(status, "ttl=4") || o.asked.Load() != 1 {
			t.Errorf("after 26 s: Age is %q, %s", age, status)
		}
		time.Sleep(5 * time.Second)
		if get(h); o.asked.Load() != 2 {
			t.Error("an answer with max-age=30 was given when it was 31 s old")
		}
	})
}

// That an answer is compressed does not make it younger.
func TestCompressedFormIsAsOldAsThePlainOne(t *testing.T) {
	for _, headers := range [][]string{{}, {"Cache-Control: max-age=10"}} {
		synctest.Test(t, func(t *testing.T) {
			o := text(strings.Repeat("hello ", 1000), headers...)
			h := newHandler(t, o, httpflight.Config{Reuse: 10 * time.Second, Gzip: true})
			get(h)
			time.Sleep(8 * time.Second)
			c := get(h, "Accept-Encoding: gzip")
			if c.sent.Get("Content-Encoding") != "gzip" || c.sent.Get("Age") != "8" || o.asked.Load() != 1 {
				t.Errorf("%v: after 8 s: %v of %d loads", headers, c.sent, o.asked.Load())
			}
			time.Sleep(3 * time.Second)
			if get(h, "Accept-Encoding: gzip"); o.asked.Load() != 2 {
				t.Errorf("%v: what is reused for 10 s was given after 11 s", headers)
			}
		})
	}
}

// A range beyond the end gets no headers that are about the body, as with
// http.ServeContent, and an empty body is whole to everyone.
func TestRangesThatCannotBe(t *testing.T) {
	for _, body := range []string{"", "hello"} {
		std := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", tag)
			w.Header().Set("Cache-Control", "max-age=3600")
			at, _ := http.ParseTime(modified)
			http.ServeContent(w, r, "a.txt", at, strings.NewReader(body))
		})
		for _, asked := range []string{"Range: bytes=5-", "Range: bytes=0-", "Range: bytes=7-9"} {
			got, want := get(newHandler(t, std, httpflight.Config{}), asked), get(std, asked)
			for _, name := range []string{"Cache-Control", "Etag", "Last-Modified", "Content-Range"} {
				if got.status != want.status || got.sent.Get(name) != want.sent.Get(name) {
					t.Errorf("%s of %q: got %d, %s %q, want %d, %q", asked, body, got.status, name, got.sent.Get(name), want.status, want.sent.Get(name))
				}
			}
		}
	}
}

// A player that asks for the first bytes of what is too large to be shared gets these,
// not all of it, and who has it gets nothing.
func TestRangeOfWhatIsTooLargeToBeShared(t *testing.T) {
	film := strings.Repeat("0123456789", 1000)
	std := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", tag)
		http.ServeContent(w, r, "a.mp4", time.Time{}, strings.NewReader(film))
	})
	if c := get(newHandler(t, std, httpflight.Config{MaxBody: 5000}), "If-None-Match: "+tag); c.status != 304 || c.body.Len() > 0 {
		t.Errorf("who has it got %d and %d bytes", c.status, c.body.Len())
	}
	h := newHandler(t, std, httpflight.Config{MaxBody: 5000})
	for range 2 {
		if c := get(h, "Range: bytes=0-1"); c.status != 206 || c.body.String() != "01" {
			t.Errorf("got %d and %d bytes", c.status, c.body.Len())
		}
	}
	if c := newClient("GET", "http://a.example/").do(h); c.status != 200 || c.body.String() != film {
		t.Errorf("the whole: got %d and %d bytes", c.status, c.body.Len())
	}
}

// What a middleware in front says of cookies and variants is said besides what the
// answer says.
func TestHeadersOfAMiddlewareInFrontStay(t *testing.T) {
	o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		if r.URL.Path == "/private" {
			w.Header().Add("Set-Cookie", "b=2")
		}
	})
	h := newHandler(t, o, httpflight.Config{Reuse: time.Minute})
	front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin")
		w.Header().Add("Set-Cookie", "a=1")
		h.ServeHTTP(w, r)
	})
	for range 2 {
		c := newClient("GET", "http://a.example/").do(front)
		if !slices.Equal(c.sent["Vary"], []string{"Origin", "Accept"}) || !slices.Equal(c.sent["Set-Cookie"], []string{"a=1"}) {
			t.Errorf("got %v", c.sent)
		}
		if c := newClient("GET", "http://a.example/private").do(front); !slices.Equal(c.sent["Set-Cookie"], []string{"a=1", "b=2"}) {
			t.Errorf("private: got %v", c.sent)
		}
	}
}

// Trailers reach every client, each from a call of its own.
func TestTrailersReachTheirClient(t *testing.T) {
	h := newHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		_, _ = io.WriteString(w, "hello")
		w.Header().Set("X-Sum", "5")
	}), httpflight.Config{})
	server := httptest.NewServer(h)
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	for range 2 {
		response, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if string(body) != "hello" || response.Trailer.Get("X-Sum") != "5" || err != nil {
			t.Errorf("got %q, %v, %v", body, response.Trailer, err)
		}
	}
}

// Headers that are set after WriteHeader, and types that are nil, are as in net/http.
func TestHeadersAsNetHTTPTakesThem(t *testing.T) {
	std := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Early", "1")
		w.Header().Set("No Name", "1") // which net/http leaves out
		switch r.URL.Path {
		case "/nil":
			w.Header()["Content-Type"], w.Header()["Date"] = nil, nil
		case "/status":
			w.WriteHeader(404)
		case "/write":
			_, _ = io.WriteString(w, "hel")
		}
		if r.URL.Path != "/nil" {
			w.Header().Set("X-Late", "1")
			w.Header().Set("Content-Type", "image/png")
			w.Header().Del("X-Early")
		}
		_, _ = io.WriteString(w, "hello")
	})
	plain, shared := httptest.NewServer(std), httptest.NewServer(newHandler(t, std, httpflight.Config{}))
	defer plain.Close()
	defer shared.Close()
	for _, path := range []string{"/nil", "/status", "/write"} {
		want, got := headersOf(t, plain, path), headersOf(t, shared, path)
		for _, name := range []string{"X-Early", "X-Late", "Content-Type", "Date"} {
			if fmt.Sprint(got[name] != nil) != fmt.Sprint(want[name] != nil) || name != "Date" && got.Get(name) != want.Get(name) {
				t.Errorf("%s: %s is %q, want %q", path, name, got[name], want[name])
			}
		}
	}
}

func headersOf(t *testing.T, server *httptest.Server, path string) http.Header {
	defer server.Client().CloseIdleConnections()
	response, err := server.Client().Get(server.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.Header
}

// The identity that an authenticating proxy adds makes a request one of its own.
func TestIdentityFromAProxyRunsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := slow("mine")
		h := newHandler(t, o, httpflight.Config{})
		names := []string{"Tailscale-User-Login", "X-Auth-Request-Email", "Cf-Access-Jwt-Assertion", "X-Goog-Iap-Jwt-Assertion", "X-Amzn-Oidc-Data", "X-Ms-Client-Principal", "Remote-User"}
		var all sync.WaitGroup
		for _, name := range names {
			all.Go(func() {
				if c := get(h, name+": ann"); !strings.Contains(c.cacheStatus(), "detail=credentials") {
					t.Errorf("%s: %s", name, c.cacheStatus())
				}
			})
		}
		all.Wait()
	})
}

// A deadline that a middleware in front sets is a time that ran out, and not a crowd.
func TestDeadlineOfAMiddlewareIsATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c := newClient("GET", "http://a.example/")
		c.r = c.r.WithContext(ctx)
		h := newHandler(t, newOrigin(func(_ http.ResponseWriter, r *http.Request) { wait(r.Context(), time.Minute) }), httpflight.Config{})
		if c.do(h); c.status != http.StatusGatewayTimeout || !strings.Contains(c.body.String(), "took too long") {
			t.Errorf("got %d %q", c.status, c.body.String())
		}
	})
}

// What one client says of its connection does not reach the load of many: a proxy
// behind would remove the headers that it names.
func TestConnectionOfOneClientDoesNotReachTheLoad(t *testing.T) {
	h := newHandler(t, newOrigin(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, len(r.Header["Connection"]), len(r.Header["Te"]), len(r.Header["X-Tenant"]))
	}), httpflight.Config{})
	if c := get(h, "Connection: X-Tenant", "Te: trailers", "X-Tenant: a"); c.body.String() != "0 0 1" {
		t.Errorf("the load has %s of Connection, Te, X-Tenant", c.body.String())
	}
}
