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
// says that a proxy forwarded it; it is not HTTP/1.0, which is what nginx before
// 1.29.7 speaks to its upstreams by default; and no browser says that another
// site sent it (Sec-Fetch-Site, Origin), on GET as well.
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
// [Gate.Serve] renders one page at a time over the whole gate, streams the same
// bytes to all who ask for the same page while it is being rendered, and reuses
// them for a second. Four requests may wait; the next gets 429. When all who
// want a page have left, its rendering is cancelled.
//
// # Pace
//
// Pages that are ready cost the processor too, if somebody asks for them in a
// loop. Each takes a token, and one more for each MiB; twenty lie ready, and ten
// come each second, for all clients together. Rendering has a bucket of its own:
// half a second at once, then a quarter of the time.
//
// Who comes too early waits, as one of the same few: up to half a second for a
// token, and up to three after large pages or, each in its turn, for a
// rendering. More than those get 429. A person who opens a page with a dozen
// parts, go tool pprof, and a dashboard that polls each second do not notice.
//
// A client that has the page gets its 304 at once, and so does HEAD its answer if
// the page is ready. What does not come from [Gate.Serve] is not counted. Gates
// behind a gate have no pace of their own, see [Gate.Protect].
//
// # Pages that cost something
//
// The fields of [Page] that a small page does not need:
//
//	gate.Page{ // 304 for those who have it
//		Key: "pprof", ContentType: "application/octet-stream",
//		Validator: func() string { return fmt.Sprintf("%s-%d-pprof", boot, cycles()) },
//		Render:    write,
//	}
//	gate.Page{ // what changed within ten seconds, during which others are served
//		Key: "pprof 10s", ContentType: "application/octet-stream",
//		Prepare: func(ctx context.Context) error { before = read(); return sleep(ctx, 10*time.Second) },
//		Render:  writeDelta,
//	}
//	gate.Page{ // POST: never shared, never reused
//		Key: "gc", ContentType: "text/plain; charset=utf-8", Exclusive: true, Render: collect,
//	}
//
// The first 32 KiB are held back, so that a Render which fails before that is
// answered in words. Then pieces of up to 1 MiB go out as they are written. A
// client that reads slowly holds nobody up, and one that comes late gets the
// page from the beginning. An error after the first piece cuts the connection
// of everyone, and is written to the server's log.
//
// A page that grows beyond [MaxBody] goes on for one client alone, the one that
// has been there longest: the others are cut off, or get 503 if their answer
// has not begun, and should ask again. From there on Render runs no more than
// MaxBody ahead of that client, which holds the gate's only place to render.
//
// A client that does not take a piece within 30 s is dropped. The server's
// WriteTimeout counts while the client is written to, and not while the page is
// prepared or rendered.
//
// # Cost
//
// The check costs about 2 µs and nine small allocations (480 bytes), most of
// them for the security headers. An answer of 304 costs a call of
// Page.Validator on top.
//
// A page takes its size in memory, at most MaxBody, and up to 1 MiB for the
// piece that is being written; what all clients have read of a page that is not
// reused is freed. A larger page takes no more. Clients that were cut off and
// stand still hold up to MaxBody in addition, for all of them together, until
// they are dropped.
//
// At most 16 MiB are kept for reuse, and at most 64 MiB are on their way to
// clients, counted once for each, and as MaxBody while a page is rendered; a
// request beyond that gets 429. The one goroutine that the gate starts is the
// one that renders.
//
// # What it cannot see
//
// Proxies on the same machine that leave no trace in a request: nginx with
// HTTP/1.1, which is its default since 1.29.7 (and 1.30), and no further headers;
// and Go's ReverseProxy with Rewrite and SetURL alone. Behind one of them, every
// stranger looks like a local request. What passes the Host on and adds nothing, as
// HAProxy does without option forwardfor, and what forwards bytes (stunnel, socat,
// ssh -R), lets in a stranger who writes Host: localhost. The cure is a listener of
// its own for the debug pages, or a token.
//
// Other users of the same machine. To the gate, whoever can open a connection
// from loopback is at home.
//
// A Render that ignores its context. The next page waits until it returns.
//
// What Render reads after its first 32 KiB: it may be newer than the ETag says.
//
// A client that reads a piece every 29 s: it is slow, and a page larger than
// MaxBody keeps the place to render until it is through.
//
// Deadlines, where a middleware hides them: if its ResponseWriter has no Unwrap
// method, only the page is given up for a client that stands still, while its
// handler waits for the server to drop it.
package gate
