package gate_test

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/govitals/govitals/internal/gate"
)

// meansLoopback is a second opinion on a host, by other means than the gate's:
// what the standard library's URL parser makes of it must be a name that
// everybody resolves to loopback.
func meansLoopback(host string) bool {
	u, err := url.Parse("http://" + host + "/")
	if err != nil || u.Host != host || u.Path != "/" {
		return false
	}
	name := u.Hostname()
	isASCII := !strings.ContainsFunc(name, func(c rune) bool { return c > 127 })
	return isASCII && strings.ToLower(name) == "localhost" || net.ParseIP(name).IsLoopback()
}

func FuzzHost(f *testing.F) {
	for _, host := range []string{
		"localhost", "localhost:6060", "LocalHost:1", "127.0.0.1", "127.0.0.1:6060", "127.255.255.254", "[::1]", "[::1]:6060",
		"[::ffff:127.0.0.1]:1", "[0:0:0:0:0:0:0:1]", "",
		"localhost.", "localhost.:80", "a.localhost", "localhost.evil.com", "127.0.0.1.evil.com", "evil.com:127.0.0.1", "localhost:evil.com",
		"localhost@evil.com", "evil.com@localhost", "localhost:", "localhost:99999", "localhost:+1", "localhost:80:80", "localho\u017ft",
		"::1", "::1]", "[::1", "[[::1]]", "[127.0.0.1]", "[::1%lo]", "[::1%25lo]:80", "[::127.0.0.1]", "[::]", "0.0.0.0", "127.1", "0x7f.1",
		"2130706433", "127.000.000.001", "localhost evil.com", "localhost,evil.com", "localhost/", "localhost#", "localhost?", "\xff", "[localhost]",
		"http://localhost/", "http://localhost:80", "192.0.2.1", "[::ffff:192.0.2.1]",
	} {
		f.Add(host)
	}
	h := newGate(f, gate.Config{}).Protect("heap", http.HandlerFunc(showSecret))
	f.Fuzz(func(t *testing.T, host string) {
		r := request("GET", local)
		r.Host = host
		if passed := answer(h, r).Code == 200; passed && !meansLoopback(host) {
			t.Errorf("Host %q passed", host)
		}
		r.Host, r.URL = "localhost", &url.URL{Scheme: "http", Host: host, Path: "/"}
		if passed := answer(h, r).Code == 200; passed && host != "" && !meansLoopback(host) {
			t.Errorf("absolute form with the host %q passed", host)
		}
	})
}

func TestHosts(t *testing.T) {
	h := newGate(t, gate.Config{}).Protect("heap", http.HandlerFunc(showSecret))
	for host, passes := range map[string]bool{
		"localhost": true, "localhost:6060": true, "LOCALHOST:6060": true, "127.0.0.1": true, "127.8.9.10:80": true,
		"[::1]": true, "[::1]:6060": true, "[::ffff:127.0.0.1]:1": true,
		"": false, "localhost.": false, "a.localhost": false, "localhost.evil.com": false, "127.0.0.1.evil.com": false,
		"localho\u017ft": false, "0.0.0.0": false, "[::]": false, "[::1%lo]": false, "::1": false, "::1]": false, "[127.0.0.1]": false,
	} {
		r := request("GET", local)
		r.Host = host
		if w := answer(h, r); (w.Code == 200) != passes {
			t.Errorf("Host %q: got %d", host, w.Code)
		}
	}
}

// FuzzHeaders sends what the gate reads from a request. Nothing may panic, and
// nothing but the token may pass from outside.
func FuzzHeaders(f *testing.F) {
	f.Add("Bearer "+goodToken, "", "", "GET")
	f.Add(basic("x", goodToken), "none", "http://localhost:6060", "HEAD")
	f.Add("Basic !", "cross-site", "null", "POST")
	f.Add("Bearer", "same-origin", "://", "")
	f.Add("Bearer  ", "\x00", "http://", "GET")
	h := newGate(f, gate.Config{}).Protect("heap", http.HandlerFunc(showSecret))
	f.Fuzz(func(t *testing.T, authorization, site, origin, method string) {
		r := request("GET", local)
		r.Method = method
		header("Authorization", authorization, "Sec-Fetch-Site", site, "Origin", origin)(r)
		if answer(h, r).Code == 200 && (site != "" && site != "none" && site != "same-origin" || !strings.Contains(strings.ToLower(origin), "//localhost:6060")) {
			t.Errorf("passed with Sec-Fetch-Site %q and Origin %q", site, origin)
		}
		r.RemoteAddr = stranger
		if answer(h, r).Code != 404 {
			t.Error("a stranger got something else than 404")
		}
		locked := newGate(t, gate.Config{Token: goodToken}).Protect("heap", http.HandlerFunc(showSecret))
		if answer(locked, r).Code == 200 && !carriesToken(r) {
			t.Errorf("passed with Authorization %q", authorization)
		}
	})
}

// carriesToken is a second opinion on whether r carries the token.
func carriesToken(r *http.Request) bool {
	_, password, _ := r.BasicAuth()
	fields := strings.Fields(r.Header.Get("Authorization"))
	return password == goodToken || len(fields) == 2 && strings.ToLower(fields[0]) == "bearer" && fields[1] == goodToken
}
