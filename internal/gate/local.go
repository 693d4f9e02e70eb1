package gate

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

const ownListener = "Serve the debug pages on a listener of their own, on 127.0.0.1, or set Token."

// checkLocal refuses a request that was not made on this machine for this
// machine. It returns nil for one that may pass.
func checkLocal(r *http.Request) *refusal {
	switch {
	case !isLoopbackPeer(r):
		return &refusal{why: "it does not come from this machine", remedy: ownListener}
	case !r.ProtoAtLeast(1, 1):
		return &refusal{why: "it is HTTP/1.0, which proxies such as nginx before 1.29.7 speak when they forward requests of strangers", remedy: ownListener}
	}
	if name := proxyHeader(r.Header); name != "" {
		return &refusal{why: "the header " + name + " says that a proxy forwarded it, perhaps for a stranger", remedy: ownListener}
	}
	if host := foreignHost(r); host != nil {
		return &refusal{
			why:    fmt.Sprintf("it asks for the host %.100q, and a page that anyone put on the web can do that", *host),
			remedy: "Ask for localhost or 127.0.0.1, or set Token.",
		}
	}
	return nil
}

// isLoopbackPeer reports whether the connection comes from this machine. A
// peer without an IP address, as on a Unix socket, does not count.
func isLoopbackPeer(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// foreignHost returns the host that r asks for if that is not this machine. A
// request line in absolute form names a host too.
func foreignHost(r *http.Request) *string {
	if !isLoopbackHost(r.Host) {
		return &r.Host
	}
	if r.URL != nil && r.URL.Host != "" && !isLoopbackHost(r.URL.Host) {
		return &r.URL.Host
	}
	return nil
}

// isLoopbackHost reports whether host, with or without a port, is localhost or
// a loopback address. Everything else is a name that somebody may resolve to
// whatever suits him. That goes for "localhost." too: browsers know the name
// by heart, other resolvers ask the network for it.
func isLoopbackHost(host string) bool {
	name, ok := withoutPort(host)
	if !ok {
		return false
	}
	if equalFold(name, "localhost") {
		return true
	}
	ip, ok := parseLiteral(name)
	return ok && ip.Unmap().IsLoopback()
}

// parseLiteral parses an IPv4 address, or an IPv6 address in brackets and
// without a zone.
func parseLiteral(name string) (netip.Addr, bool) {
	if inner, ok := strings.CutPrefix(name, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		ip, err := netip.ParseAddr(inner)
		return ip, ok && err == nil && ip.Is6() && ip.Zone() == ""
	}
	ip, err := netip.ParseAddr(name)
	return ip, err == nil && ip.Is4()
}

// withoutPort cuts ":port" off host. It reports false if what follows the name
// is not a port.
func withoutPort(host string) (string, bool) {
	end := strings.LastIndexByte(host, ']') + 1
	if end == 0 {
		end = strings.IndexByte(host, ':')
	}
	if end < 0 || end == len(host) {
		return host, true
	}
	port, colon := strings.CutPrefix(host[end:], ":")
	_, err := strconv.ParseUint(port, 10, 16)
	return host[:end], colon && err == nil
}

// equalFold reports whether a and b differ at most in the case of ASCII
// letters. strings.EqualFold takes the long s for an s, and resolvers may not.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Headers that only proxies and content delivery networks add. One that ends in "*"
// stands for all that begin so. Headers of tracing are not among them: programs of
// this machine send those too.
var proxyHeaders = [...]string{
	"Forwarded*", "X-Forwarded*", "X-Original-*", "Via", "Cdn-Loop", "Surrogate-Capability",
	"X-Real-Ip", "X-Client-Ip", "Client-Ip", "X-Cluster-Client-Ip", "Proxy-Client-Ip", "Wl-Proxy-*",
	"X-Remote-Ip", "X-Remote-Addr", "X-Proxyuser-Ip", "True-Client-Ip", "Incap-Client-Ip", "Do-Connecting-Ip",
	"X-Envoy-*", "X-Varnish", "X-Arr-*", "X-Scheme",
	"Cf-*", "Fastly-*", "Fly-*", "X-Akamai-*", "X-Amz-Cf-*", "X-Appengine-*", "X-Azure-*", "X-Goog-Iap-*",
	"X-Nf-*", "X-Sucuri-*", "X-Vercel-*", "Tailscale-*", "X-Auth-Request-*",
}

// proxyHeader returns the name of a header that only proxies add, or "".
func proxyHeader(h http.Header) string {
	for name := range h {
		for _, pattern := range proxyHeaders {
			if matches(name, pattern) {
				return name
			}
		}
	}
	return ""
}

func matches(name, pattern string) bool {
	prefix, open := strings.CutSuffix(pattern, "*")
	if open && len(name) > len(prefix) {
		name = name[:len(prefix)]
	}
	return equalFold(name, prefix)
}
