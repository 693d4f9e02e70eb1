package gate

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// Option changes how [Gate.Protect] treats an endpoint.
type Option uint8

// AllowPOST lets POST pass as well as GET and HEAD. It is for what changes
// something, such as a forced garbage collection.
const AllowPOST Option = 1

// endpoint is a protected handler.
type endpoint struct {
	gate    *Gate
	name    string
	methods []string
	next    http.Handler
	counts  *endpointCounts
}

// visit is what the gate knows about a request that has passed. The request's
// context carries it.
type visit struct {
	endpoint *endpoint
	trusted  bool
	result   atomic.Uint32 // a result
}

type visitKey struct{}

// Protect returns next behind the gate. Name is the endpoint in metrics: one
// lower-case word written into the program, never taken from a request.
//
// A request that has passed another gate on its way here is not checked again,
// and counts there: handlers with gates of their own can be put behind one gate
// that limits them together.
//
// Without a gate made by [New] every request gets 404; without next every
// request that passes gets 500.
func (g *Gate) Protect(name string, next http.Handler, options ...Option) http.Handler {
	if g.closed() {
		return http.NotFoundHandler()
	}
	if next == nil {
		next = http.HandlerFunc(noHandler)
	}
	methods := []string{http.MethodGet, http.MethodHead}
	if slices.Contains(options, AllowPOST) {
		methods = append(methods, http.MethodPost)
	}
	return &endpoint{gate: g, name: name, methods: methods, next: next, counts: g.counts.endpoint(name)}
}

func noHandler(w http.ResponseWriter, r *http.Request) {
	visitOf(r).end(failed)
	explain(w, http.StatusInternalServerError, "There is no page here: gate.Protect was given a nil handler.")
}

// Authorized reports whether r showed the token or satisfied Authorize. It is
// false for a request that passed because it comes from this machine, and for
// one that did not pass a gate.
func Authorized(r *http.Request) bool {
	v := visitOf(r)
	return v != nil && v.trusted
}

func visitOf(r *http.Request) *visit {
	v, _ := r.Context().Value(visitKey{}).(*visit)
	return v
}

// end sets the result of the visit, once.
func (v *visit) end(with result) { v.result.CompareAndSwap(uint32(undecided), uint32(with)) }

// ServeHTTP implements [http.Handler].
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if outer := visitOf(r); outer != nil {
		if e.allowsMethod(w, r, outer) {
			e.next.ServeHTTP(w, r)
		}
		return
	}
	v := &visit{endpoint: e}
	defer func() {
		v.end(failed) // next panicked
		e.counts[v.result.Load()].Add(1)
	}()
	if !e.gate.admit(w, r, v) || !e.allowsMethod(w, r, v) {
		return
	}
	setHeaders(w.Header())
	e.next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
	v.end(served)
}

// admit answers a request that may not pass, and reports whether it may.
func (g *Gate) admit(w http.ResponseWriter, r *http.Request, v *visit) bool {
	remote := g.token != nil || g.authorize != nil
	v.trusted = remote
	refused := checkBrowser(r, remote)
	switch {
	case refused != nil:
	case g.token != nil:
		return g.admitToken(w, r, v)
	case g.authorize != nil:
		refused = checkAuthorize(r, g.authorize)
	default:
		refused = checkLocal(r)
	}
	if refused == nil {
		return true
	}
	v.end(denied)
	refused.answer(w, r)
	return false
}

func (g *Gate) admitToken(w http.ResponseWriter, r *http.Request, v *visit) bool {
	right, given := g.token.check(r)
	if right {
		return true
	}
	if given && !g.token.slowDown(r.Context()) {
		v.end(throttled)
		tryLater(w, http.StatusTooManyRequests, "Too many wrong tokens. Try again later.")
		return false
	}
	v.end(unauthorized)
	w.Header().Set("WWW-Authenticate", `Basic realm="debug", charset="UTF-8"`)
	explain(w, http.StatusUnauthorized, "Send the token as \"Authorization: Bearer TOKEN\" or as the password of HTTP Basic.")
	return false
}

func checkAuthorize(r *http.Request, authorize func(*http.Request) error) *refusal {
	if err := authorize(r); err != nil {
		return &refusal{why: "Authorize says: " + err.Error(), remedy: "Ask as somebody whom it lets in."}
	}
	return nil
}

func (e *endpoint) allowsMethod(w http.ResponseWriter, r *http.Request, v *visit) bool {
	if slices.Contains(e.methods, r.Method) {
		return true
	}
	v.end(badMethod)
	allowed := strings.Join(e.methods, ", ")
	w.Header().Set("Allow", allowed)
	explain(w, http.StatusMethodNotAllowed, "This page allows "+allowed+".")
	return false
}
