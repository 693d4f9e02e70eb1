package gate

import (
	"io"
	"net/http"
	"strings"
)

// maxWords bounds the text of an error that is shown to a client.
const maxWords = 4 << 10

// setHeaders sets the headers of every answer but the 404 for strangers, which
// must look like any other. A handler may replace Cache-Control.
func setHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", contentSecurityPolicy)
}

const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// refusal says why a request may not pass and what to do about it.
type refusal struct{ why, remedy string }

// answer tells a peer on this machine why, and a stranger nothing.
func (d *refusal) answer(w http.ResponseWriter, r *http.Request) {
	if !isLoopbackPeer(r) {
		http.NotFound(w, r)
		return
	}
	explain(w, http.StatusForbidden, "This debug page refuses the request: "+d.why+".\n"+d.remedy)
}

// explain answers with words instead of a page. X-Go-Pprof makes "go tool
// pprof" print them.
func explain(w http.ResponseWriter, status int, words string) {
	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Disposition", "Etag", "Last-Modified"} {
		h.Del(name)
	}
	setHeaders(h)
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Go-Pprof", "1")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, strings.ToValidUTF8(words[:min(len(words), maxWords)], "")+"\n")
}

// tryLater answers with 429 or 503.
func tryLater(w http.ResponseWriter, status int, words string) {
	w.Header().Set("Retry-After", "1")
	explain(w, status, words)
}
