package httpflight

import (
	"context"
	"net/http"
)

// dropped are headers that belong to one client and not to a load for many:
// where it comes from, which part it wants, what it has, and what is about its
// connection: with Connection it could name headers that a proxy behind removes.
var dropped = [...]string{
	"Forwarded", "X-Forwarded-For", "X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip",
	"Range", "If-Range", "If-None-Match", "If-Modified-Since",
	"Cache-Control", "Pragma",
	"Connection", "Keep-Alive", "Proxy-Connection", "Te",
}

// request returns what the load asks the handler behind for: the whole thing,
// on behalf of nobody in particular. Its context has values only.
func (h *Handler) request(r *http.Request, key flightKey) *http.Request {
	ctx := context.Background()
	for _, name := range append([]any{http.ServerContextKey, http.LocalAddrContextKey}, h.config.Values...) {
		if value := r.Context().Value(name); value != nil {
			ctx = context.WithValue(ctx, name, value)
		}
	}
	load := r.Clone(ctx)
	load.Method = http.MethodGet
	load.Body, load.ContentLength = http.NoBody, 0
	for _, name := range dropped {
		load.Header.Del(name)
	}
	if value := forwarded(r.Header); value != "" {
		load.Header.Set("Forwarded", value)
	}
	load.Header.Del("Accept-Encoding")
	if key.encodings != "" && key.encodings != gzipVariant {
		load.Header.Set("Accept-Encoding", key.encodings)
	}
	return load
}
