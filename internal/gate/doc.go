// Package gate is the one door in front of every debug handler. It decides who
// may pass, renders one page at a time and counts what was asked for:
//
//	g, err := gate.New(gate.Config{})
//	mux.Handle("/debug/heap", g.Protect("heap", http.HandlerFunc(
//		func(w http.ResponseWriter, r *http.Request) {
//			g.Serve(w, r, gate.Page{Key: "text", ContentType: "text/plain; charset=utf-8", Render: render})
//		})))
//
// # Who may pass
//
// Without configuration a request passes only if all of this holds: the peer is
// a loopback address; the Host is localhost or a loopback address; no header
// says that a proxy forwarded it; it is not HTTP/1.0, which is what nginx
// speaks to its upstreams by default; and no browser says that another site
// sent it (Sec-Fetch-Site, Origin), on GET as well.
//
// With [Config.Token] a request passes with the token, from anywhere. With
// [Config.Authorize] your function decides. What a browser says about another
// site counts in both cases, because browsers add credentials by themselves.
//
// A request from this machine that is refused gets 403 and the reason in words.
// A stranger gets the 404 of a path that does not exist. GET and HEAD pass,
// and POST where the handler asks for it with [AllowPOST].
//
// # Rendering
//
// [Gate.Serve] renders one page at a time over the whole gate, gives all who
// ask for the same page the same bytes and reuses them for a second. Four
// requests may wait; the next gets 429. When all who wait for a page have left,
// its rendering is cancelled.
//
// # Cost
//
// The check costs about 2 µs and nine small allocations (480 bytes), most of
// them for the security headers.
//
// A page is held in memory: at most [MaxBody] each, and for a moment twice that
// while it grows. At most 16 MiB are kept for reuse, and at most 64 MiB are on
// their way to clients, counted once for each; a request beyond that gets 429.
// The one goroutine that the gate starts is the one that renders.
//
// # What it cannot see
//
// Two kinds of proxy on the same machine leave no trace in a request: nginx
// with proxy_http_version 1.1 and no further headers, and Go's ReverseProxy
// with Rewrite and SetURL alone. Behind one of them, every stranger looks like
// a local request. The cure is a listener of its own for the debug pages, or a
// token.
//
// Other users of the same machine. To the gate, whoever can open a connection
// from loopback is at home.
//
// A Render that ignores its context. The next page waits until it returns.
//
// A client that reads slowly holds its page until it is done: the gate sets no
// write deadline, because that belongs to the http.Server.
package gate
