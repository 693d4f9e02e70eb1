package gate_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/govitals/govitals/internal/gate"
)

const secret = "secret"

func newGate(t testing.TB, config gate.Config) *gate.Gate {
	t.Helper()
	g, err := gate.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func showSecret(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, secret) }

// serve starts a server whose pages are protected by g.
func serve(t testing.TB, g *gate.Gate, h http.HandlerFunc, options ...gate.Option) *url.URL {
	return listen(t, g.Protect("heap", h, options...))
}

func listen(t testing.TB, h http.Handler) *url.URL {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return parse(t, server.URL)
}

func parse(t testing.TB, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// ask sends one request and returns the answer with its body read.
func ask(t testing.TB, u *url.URL, change func(*http.Request)) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// raw writes a request as it is and returns the answer as it came.
func raw(t testing.TB, u *url.URL, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, strings.ReplaceAll(request, "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

func header(pairs ...string) func(*http.Request) {
	return func(r *http.Request) {
		for i := 0; i < len(pairs); i += 2 {
			r.Header.Set(pairs[i], pairs[i+1])
		}
	}
}

func host(name string) func(*http.Request) {
	return func(r *http.Request) { r.Host = name }
}

// method sends the request with that method and the headers.
func method(name string, pairs ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.Method = name
		header(pairs...)(r)
	}
}

func TestRequestPathsWithoutConfiguration(t *testing.T) {
	u := serve(t, newGate(t, gate.Config{}), showSecret, gate.AllowPOST)
	own := "http://" + u.Host
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		reason string // "" where the request passes
	}{
		{"curl, kubectl port-forward", nil, ""},
		{"localhost", host("localhost:6060"), ""},
		{"localhost without a port", host("LOCALHOST"), ""},
		{"IPv6 loopback", host("[::1]:6060"), ""},
		{"forced GC with curl", method("POST"), ""},
		{"address typed into a browser", header("Sec-Fetch-Site", "none"), ""},
		{"script of the page itself", header("Sec-Fetch-Site", "same-origin", "Origin", own), ""},
		{"DNS rebinding", host("evil.test"), "the host \"evil.test\""},
		{"DNS rebinding, POST", func(r *http.Request) { method("POST", "Origin", "http://evil.test")(r); host("evil.test")(r) }, "the host"},
		{"fully qualified localhost", host("localhost."), "the host"},
		{"cross-site img or fetch", header("Sec-Fetch-Site", "cross-site"), "Sec-Fetch-Site"},
		{"same-site img or fetch", header("Sec-Fetch-Site", "same-site"), "Sec-Fetch-Site"},
		{"cross-site POST", method("POST", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"), "Sec-Fetch-Site"},
		{"second Sec-Fetch-Site", func(r *http.Request) { r.Header["Sec-Fetch-Site"] = []string{"none", "cross-site"} }, "Sec-Fetch-Site"},
		{"cross-site POST of an old browser", method("POST", "Origin", "http://evil.test"), "Origin"},
		{"sandboxed frame", header("Origin", "null"), "Origin"},
		{"another port of this machine", header("Origin", "http://127.0.0.1:1"), "Origin"},
		{"Envoy or Istio sidecar", header("X-Envoy-External-Address", "203.0.113.9"), "X-Envoy-External-Address"},
		{"nginx with X-Real-IP", header("X-Real-IP", "203.0.113.9"), "X-Real-Ip"},
		{"Forwarded", header("Forwarded", "for=203.0.113.9"), "Forwarded"},
		{"empty X-Forwarded-For", header("X-Forwarded-For", ""), "X-Forwarded-For"},
		{"X-Forwarded-Prefix", header("X-Forwarded-Prefix", "/app"), "X-Forwarded-Prefix"},
		{"Via", header("Via", "1.1 proxy"), "Via"},
		{"Azure", header("X-Client-IP", "203.0.113.9"), "X-Client-Ip"},
		{"Akamai", header("True-Client-IP", "203.0.113.9"), "True-Client-Ip"},
		{"Cloudflare", header("CF-Connecting-IP", "203.0.113.9"), "Cf-Connecting-Ip"},
		{"Cloudflare's country", header("CF-IPCountry", "CH"), "Cf-Ipcountry"},
		{"loop of a CDN, RFC 8586", header("CDN-Loop", "cdn"), "Cdn-Loop"},
		{"Rackspace, Riverbed", header("X-Cluster-Client-IP", "203.0.113.9"), "X-Cluster-Client-Ip"},
		{"ingress-nginx", header("X-Original-Forwarded-For", "203.0.113.9"), "X-Original-Forwarded-For"},
		{"Fastly", header("Fastly-Client-IP", "203.0.113.9"), "Fastly-Client-Ip"},
		{"Fly.io", header("Fly-Client-IP", "203.0.113.9"), "Fly-Client-Ip"},
		{"Azure Front Door", header("X-Azure-ClientIP", "203.0.113.9"), "X-Azure-Clientip"},
		{"CloudFront", header("X-Amz-Cf-Id", "a"), "X-Amz-Cf-Id"},
		{"App Engine", header("X-Appengine-User-IP", "203.0.113.9"), "X-Appengine-User-Ip"},
		{"WebLogic's plug-in", header("WL-Proxy-Client-IP", "203.0.113.9"), "Wl-Proxy-Client-Ip"},
		{"Varnish", header("X-Varnish", "1"), "X-Varnish"},
		{"a trace of a program of this machine", header("Traceparent", "00-a-b-01", "X-Request-Id", "a", "X-Amzn-Trace-Id", "a"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			response, body := ask(t, u, c.change)
			if c.reason == "" {
				if response.StatusCode != http.StatusOK || body != secret {
					t.Errorf("got %s: %s", response.Status, body)
				}
				return
			}
			if response.StatusCode != http.StatusForbidden || !strings.Contains(body, c.reason) {
				t.Errorf("got %s, want 403 with %q: %s", response.Status, c.reason, body)
			}
		})
	}
}

// The default of nginx's proxy_pass: HTTP/1.0, the upstream as Host, nothing
// else that tells.
func TestNginxDefaultsAreDenied(t *testing.T) {
	u := serve(t, newGate(t, gate.Config{}), showSecret)
	answer := raw(t, u, "GET / HTTP/1.0\nHost: "+u.Host+"\nConnection: close\n\n")
	if !strings.Contains(answer, " 403 ") || !strings.Contains(answer, "HTTP/1.0") || strings.Contains(answer, secret) {
		t.Errorf("got %s", answer)
	}
}

// With proxy_http_version 1.1 and no further headers nothing tells any more:
// the other kind of proxy that the package documentation warns of.
func TestNginxWithHTTP11IsUndetectable(t *testing.T) {
	u := serve(t, newGate(t, gate.Config{}), showSecret)
	if answer := raw(t, u, "GET / HTTP/1.1\nHost: "+u.Host+"\nConnection: close\n\n"); !strings.Contains(answer, secret) {
		t.Errorf("got %s", answer)
	}
}

func TestAbsoluteFormIsJudgedByTheHostInIt(t *testing.T) {
	u := serve(t, newGate(t, gate.Config{}), showSecret)
	for target, passes := range map[string]bool{
		"http://localhost/":             true,
		"http://" + u.Host + "/":        true,
		"http://evil.test/":             false,
		"http://localhost.evil.test/":   false,
		"http://127.0.0.1@evil.test/":   false,
		"http://evil.test:6060/?a=b":    false,
		"http://localhost:evil.test/":   false,
		"http://[::ffff:127.0.0.1]:80/": true,
	} {
		answer := raw(t, u, "GET "+target+" HTTP/1.1\nHost: localhost\nConnection: close\n\n")
		if strings.Contains(answer, secret) != passes {
			t.Errorf("%s: got %s", target, answer)
		}
	}
}

// TestGoProxies puts Go's own proxy in front. The proxy with Rewrite and SetURL
// alone leaves no trace in a request: it is one of the proxies that
// the package documentation warns of, and it must pass, or the documentation
// is wrong.
func TestGoProxies(t *testing.T) {
	app := serve(t, newGate(t, gate.Config{}), showSecret)
	traceless := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(app) }}
	forwarding := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(app); r.SetXForwarded() }}
	for _, c := range []struct {
		name   string
		proxy  http.Handler
		passes bool
	}{
		{"NewSingleHostReverseProxy", httputil.NewSingleHostReverseProxy(app), false},
		{"Rewrite with SetURL and SetXForwarded", forwarding, false},
		{"Rewrite with SetURL: undetectable", traceless, true},
	} {
		response, body := ask(t, listen(t, c.proxy), host("shop.example"))
		if passed := body == secret; passed != c.passes {
			t.Errorf("%s: got %s: %s", c.name, response.Status, body)
		}
	}
}

func TestTokenClosesTheUndetectableProxy(t *testing.T) {
	app := serve(t, newGate(t, gate.Config{Token: goodToken}), showSecret)
	proxy := listen(t, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(app) }})
	if response, body := ask(t, proxy, host("shop.example")); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the token: got %s: %s", response.Status, body)
	}
	response, body := ask(t, proxy, func(r *http.Request) {
		host("shop.example")(r)
		header("Authorization", "Bearer "+goodToken, "Sec-Fetch-Site", "same-origin", "Origin", "https://shop.example")(r)
	})
	if body != secret {
		t.Errorf("with the token: got %s: %s", response.Status, body)
	}
}
