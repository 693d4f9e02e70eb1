// Package httpflight answers a herd of requests for the same thing from one call
// of the handler that makes it:
//
//	h := httpflight.New(relay, httpflight.Config{Reuse: time.Second})
//	defer h.Close()
//	server := &http.Server{Handler: h, ConnContext: h.ConnContext}
//
// The first request begins a flight. Those who ask for the same while it runs
// join it, and read the same bytes from the beginning as they come in: nobody
// waits for the end, and no byte is copied for each client. With [Config.Reuse]
// a complete answer is handed out again for a moment; with [Config.Stale] also
// while the next one is loaded, and with [Config.StaleIfError] in place of one that
// fails.
//
// # What is shared
//
// Only what may be. A request runs alone if it is not GET or HEAD, has a body,
// credentials (Authorization, Cookie, X-Api-Key and the like, a client
// certificate, the user as a proxy that asked for a password names him,
// [Config.Private]), Cache-Control: no-store, If-Match, Expect, or
// wants an upgrade or an event stream.
//
// A POST, PUT, DELETE or the like that succeeds drops what is kept for its address, and
// for those of this host that its Location and Content-Location name; who asks then
// does not join a load that began before (RFC 9111, 4.4). So who has written reads what
// was written. A GET whose X-Http-Method-Override says otherwise is one of these.
//
// Whether an answer may be shared is decided when its headers are known; until
// then everyone waits. It may not be with Set-Cookie, with private, no-store or
// no-cache, Vary: *, a status that is not cacheable in itself, trailers, parts,
// or an event stream, nor if its Content-Length is above [Config.MaxBody]. Then
// the request that caused it gets it, all others are let through at once, each
// alone. So are those of the next [Config.Mark], unless it was an error: that may be
// due to what one client has sent. Where trailers are announced, or a range was asked
// for, the request that caused it is let through as well.
//
// Requests that differ in a header that the answer varies on do not share it;
// from then on they have flights of their own. An answer that allows one origin
// (Access-Control-Allow-Origin) varies on that. X-Forwarded-Host and others that
// frameworks take for a part of the address are part of the key, host and proto of
// Forwarded among them. What the client's Cache-Control says, but for no-store, is not
// heeded: else a client could switch the protection off.
//
// An answer that is stale at birth (max-age=0) goes to those who asked before it
// was made. Statuses 500, 502, 503 and 504 are shared with those who wait, and
// never reused.
//
// # What the handler behind sees
//
// A GET for the whole, with the headers of the client that came first, without
// Range, conditions, and what tells the client's address. Its context does not
// end with that client: it ends when the last client has left, on Close, and
// when the load is silent for [Config.LoadTimeout]. It has the values of net/http
// and of [Config.Values] alone.
//
// HEAD, one range, and If-None-Match or If-Modified-Since are answered from the
// flight. Accept-Encoding is reduced to br, gzip and zstd, and so is the number
// of variants; with [Config.Gzip] text is compressed once for all.
//
// An error before the headers is 502, 504 if it is silence, 500 if it is a
// panic, whose stack is logged once. After that the connections of all are cut,
// as net/http does with [http.ErrAbortHandler]: an answer that ended early must
// not look complete. A Content-Length that is not kept to is such an error. A
// header with a line break fails the load.
//
// Each answer says in Cache-Status (RFC 9211) where it came from.
//
// # Slow clients
//
// A client that reads slowly holds nobody up. It is dropped when it takes longer
// than [Config.StallTimeout] over 64 KiB, or at the server's WriteTimeout.
//
// A body that turns out larger than MaxBody, or finds [Config.MaxBytes] used up,
// goes on for those who are there. It runs at most 1 MiB ahead of the fastest of
// them, and who is then more than 8 MiB behind is cut off. So an origin that
// never ends takes no more memory than one that does.
//
// An answer that a slow client reads stays alive though newer ones have come. They
// count towards MaxBytes; [Config.MaxGenerations] bounds them for each address.
//
// What a client does not read lies in the kernel, up to 4 MiB for each, which no
// heap profile shows. [Handler.ConnContext] limits that; [Sockets] shows it.
//
// # Cost
//
// A request that joins costs a few small allocations (about 1 KiB) besides those
// of net/http, and no goroutine. A load costs one goroutine and its body once, in
// buffers that grow from 4 KiB to 1 MiB. Everyone who waits is woken, at a few
// microseconds each, when a buffer is full and after 10 ms of writing, 200 ms where
// there are 20,000 of them.
//
// Memory is bounded: MaxBytes for bodies, kept ones, stale or not, at most a half of it,
// and up to 10 MiB for each of [Config.MaxLoads] loads that go beyond. 4,096 marks are
// remembered.
//
// # What it cannot see
//
// What the handler behind looks at without saying so. If its answer depends on
// the client's address, on User-Agent or on Accept-Language, it must say private
// or Vary, as for any cache.
//
// Credentials in headers that it does not know, or in the query: name the
// headers in [Config.Private]; the query is part of the key.
//
// A handler that ignores its context: it runs on after it was given up, counts
// towards MaxLoads, and is reported as a finding.
//
// What a handler writes to its ResponseWriter after it has returned. Interim
// responses (1xx) are dropped, and so are trailers that were not announced.
// Hijacking is not possible in a load, nor are deadlines of a ResponseController;
// requests for an upgrade run alone.
//
// Writes that go past it, by another process or to another address than the one that
// they change.
//
// Bodies in the buffers of a middleware in front that copies them, such as one
// that compresses. Deadlines, where a middleware's ResponseWriter has no Unwrap
// method; a write deadline that it has set for one request, which gives way to
// [Config.StallTimeout] and the server's WriteTimeout.
//
// Other processes: each has flights of its own.
//
// Headers that a handler flushes before it has a body: clients get them with
// the first byte.
package httpflight
