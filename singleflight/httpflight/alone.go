package httpflight

import (
	"net/http"
	"strings"
)

// Why a request runs alone, as the detail in Cache-Status says it.
const (
	aloneMethod      = "method"
	aloneBody        = "body"
	aloneCredentials = "credentials"
	aloneUpgrade     = "upgrade"
	aloneNoStore     = "no-store"
	aloneCondition   = "condition"
	aloneKey         = "key"
	aloneMarked      = "marked"
	aloneUnshareable = "unshareable"
	aloneVary        = "vary"
	aloneClosed      = "closed"
)

// credentials are headers that say who is asking, in canonical form.
var credentials = [...]string{
	"Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key", "X-Auth-Token", "X-Amz-Security-Token",
	// What proxies add that have asked who it is, some of them without a cookie:
	"Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Access-Token",
	"X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Access-Token", "X-Amzn-Oidc-Data", "X-Amzn-Oidc-Identity",
	"Cf-Access-Jwt-Assertion", "X-Goog-Iap-Jwt-Assertion", "X-Ms-Client-Principal", "X-Ms-Client-Principal-Id", "Tailscale-User-Login",
}

// overrides are headers that frameworks take for the method.
var overrides = [...]string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"}

// private returns why r must run alone, "" if it may be shared.
func (h *Handler) private(r *http.Request) string {
	head := r.Header
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead, hasAny(head, overrides[:]):
		return aloneMethod
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0 || len(r.Trailer) > 0:
		return aloneBody
	case r.TLS != nil && len(r.TLS.PeerCertificates) > 0, r.URL.User != nil:
		return aloneCredentials
	case len(head.Values("Upgrade")) > 0 || has(head, "Connection", "upgrade") || len(head.Values("Expect")) > 0, wantsEvents(head):
		return aloneUpgrade
	case has(head, "Cache-Control", "no-store"):
		return aloneNoStore
	case len(head.Values("If-Match")) > 0 || len(head.Values("If-Unmodified-Since")) > 0:
		return aloneCondition
	case hasAny(head, credentials[:]), hasAny(head, h.config.Private):
		return aloneCredentials
	case h.isClosed():
		return aloneClosed
	}
	return ""
}

// wantsEvents reports whether a client asks for an event stream, which is not for
// others: what it would be told must not count for those who ask for something else.
func wantsEvents(h http.Header) bool {
	for element := range list(h, "Accept") {
		if media, _, _ := strings.Cut(element, ";"); strings.EqualFold(strings.TrimSpace(media), "text/event-stream") {
			return true
		}
	}
	return false
}

// alone lets r through as if there was no Handler.
func (h *Handler) alone(w http.ResponseWriter, r *http.Request, why string) {
	h.counts.alone(why)
	fwd := "bypass"
	if why == aloneUnshareable || why == aloneVary {
		fwd = "miss"
	}
	w.Header().Add("Cache-Status", h.config.Name+"; fwd="+fwd+"; detail="+why)
	if isWrite(r) {
		h.write(w, r)
		return
	}
	h.next.ServeHTTP(w, r)
}
