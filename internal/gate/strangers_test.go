package gate_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/govitals/govitals/internal/gate"
)

// request returns a request as a server hands it over.
func request(method, peer string) *http.Request {
	r := httptest.NewRequest(method, "/debug/heap", nil)
	r.Host = "localhost:6060"
	r.RemoteAddr = peer
	return r
}

const (
	local    = "127.0.0.1:40000"
	stranger = "203.0.113.9:40000"
)

func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestStrangerCannotTellTheGateFromAMissingPage(t *testing.T) {
	nobody := func(*http.Request) error { return errors.New("only the night shift") }
	for name, config := range map[string]gate.Config{"default": {}, "Authorize": {Authorize: nobody}} {
		h := newGate(t, config).Protect("heap", http.HandlerFunc(showSecret))
		for _, method := range []string{"GET", "HEAD", "POST", "DELETE"} {
			r := request(method, stranger)
			got, want := answer(h, r), answer(http.NotFoundHandler(), r)
			if got.Code != 404 || got.Body.String() != want.Body.String() || !reflect.DeepEqual(got.Header(), want.Header()) {
				t.Errorf("%s, %s: got %d %v %s", name, method, got.Code, got.Header(), got.Body)
			}
		}
	}
}

func TestPeers(t *testing.T) {
	h := newGate(t, gate.Config{}).Protect("heap", http.HandlerFunc(showSecret))
	for peer, passes := range map[string]bool{
		"127.0.0.1:1": true, "127.8.9.10:1": true, "[::1]:1": true, "[::ffff:127.0.0.1]:1": true,
		"192.168.0.1:1": false, "[::ffff:192.168.0.1]:1": false, "[fe80::1%eth0]:1": false, "0.0.0.0:1": false,
		"": false, "@": false, "127.0.0.1": false, "localhost:1": false,
	} {
		if w := answer(h, request("GET", peer)); (w.Code == 200) != passes {
			t.Errorf("peer %q: got %d", peer, w.Code)
		}
	}
}

func TestAuthorizeDecidesAlone(t *testing.T) {
	users := func(r *http.Request) error {
		if r.Header.Get("X-User") != "alice" {
			return errors.New("only alice")
		}
		return nil
	}
	var authorized bool
	h := newGate(t, gate.Config{Authorize: users}).Protect("heap", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		authorized = gate.Authorized(r)
	}))
	r := request("GET", stranger)
	r.Host = "shop.example"
	header("X-User", "alice", "X-Forwarded-For", "203.0.113.9")(r)
	if w := answer(h, r); w.Code != 200 || !authorized {
		t.Errorf("alice got %d, authorized %v", w.Code, authorized)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if w := answer(h, r); w.Code == 200 {
		t.Error("a page of another site got in with the credentials of alice")
	}
	if w := answer(h, request("GET", local)); w.Code != 403 || !strings.Contains(w.Body.String(), "only alice") {
		t.Errorf("a local peer got %d %s", w.Code, w.Body)
	}
}

func TestLocalRequestIsNotAuthorized(t *testing.T) {
	h := newGate(t, gate.Config{}).Protect("heap", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if gate.Authorized(r) {
			t.Error("authorized without a token")
		}
	}))
	answer(h, request("GET", local))
	if gate.Authorized(request("GET", local)) {
		t.Error("authorized without a gate")
	}
}

func TestMethods(t *testing.T) {
	g := newGate(t, gate.Config{})
	reading := g.Protect("heap", http.HandlerFunc(showSecret))
	changing := g.Protect("gc", http.HandlerFunc(showSecret), gate.AllowPOST)
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get"} {
		w := answer(reading, request(method, local))
		if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" || w.Header().Get("X-Go-Pprof") != "1" {
			t.Errorf("%s: got %d %v", method, w.Code, w.Header())
		}
	}
	if w := answer(changing, request("POST", local)); w.Code != 200 {
		t.Errorf("POST where it is allowed: got %d", w.Code)
	}
	if w := answer(changing, request("PUT", local)); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("PUT: got %d %v", w.Code, w.Header())
	}
}

var securityHeaders = map[string]string{
	"Cache-Control":                "no-store",
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"X-Frame-Options":              "DENY",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
		"img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}

func wantSecurityHeaders(t *testing.T, what string, h http.Header) {
	t.Helper()
	for name, want := range securityHeaders {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %s is %q, want %q", what, name, got, want)
		}
	}
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	h := newGate(t, gate.Config{}).Protect("heap", http.HandlerFunc(showSecret))
	refused := request("GET", local)
	refused.Host = "evil.test"
	wantSecurityHeaders(t, "page", answer(h, request("GET", local)).Header())
	wantSecurityHeaders(t, "405", answer(h, request("POST", local)).Header())
	wantSecurityHeaders(t, "403", answer(h, refused).Header())
	locked := newGate(t, gate.Config{Token: goodToken}).Protect("heap", http.HandlerFunc(showSecret))
	wantSecurityHeaders(t, "401", answer(locked, request("GET", stranger)).Header())
}

func TestHandlerMayAllowCaching(t *testing.T) {
	h := newGate(t, gate.Config{}).Protect("style", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
	}))
	if got := answer(h, request("GET", local)).Header().Get("Cache-Control"); got != "max-age=60" {
		t.Errorf("Cache-Control is %q", got)
	}
}

func TestWithoutGateOrHandlerNothingIsShown(t *testing.T) {
	var none *gate.Gate
	for name, g := range map[string]*gate.Gate{"nil": none, "zero": {}} {
		h := g.Protect("heap", http.HandlerFunc(showSecret))
		if w := answer(h, request("GET", local)); w.Code != 404 || len(g.Describe()) != 1 {
			t.Errorf("%s gate: got %d", name, w.Code)
		}
		if got := collect(t, g); len(got) != 0 {
			t.Errorf("%s gate counted %v", name, got)
		}
	}
	w := answer(newGate(t, gate.Config{}).Protect("heap", nil), request("GET", local))
	if w.Code != 500 || !strings.Contains(w.Body.String(), "nil handler") {
		t.Errorf("nil handler: got %d %s", w.Code, w.Body)
	}
}
