package vitals

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"
)

// How long a client of [ListenAndServe] may take. Profiles over a time take up to
// 30 s until their first byte.
const (
	headerTimeout   = 5 * time.Second
	requestTimeout  = 30 * time.Second
	responseTimeout = 90 * time.Second
	idleTimeout     = time.Minute
	closingTimeout  = 2 * time.Second
	maxHeaderBytes  = 32 << 10
)

// ListenAndServe serves the debug pages of v from a listener of their own, which no
// proxy in front of the service leads to, until ctx ends:
//
//	go vitals.ListenAndServe(ctx, "127.0.0.1:6060", v)
//
// An address that others than this machine can reach is refused unless Config.Token
// or Config.Authorize is set, and so are one without a host, such as ":6060", and a
// name that is not this machine's. It speaks plain HTTP: a token that crosses a
// network can be read on the way, unless something encrypts it.
//
// The end of ctx is no error. It returns when the listener and all connections have
// gone: requests under way have their context cancelled and get two seconds. Close of v
// does not end it, and what was seen can still be looked at then.
func ListenAndServe(ctx context.Context, addr string, v *Vitals) error {
	if v == nil || v.handler == nil {
		return errors.New("vitals: ListenAndServe: v was not made by Start: use that")
	}
	at, err := v.config.listenable(ctx, addr)
	if err != nil {
		return fmt.Errorf("vitals: ListenAndServe: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", at)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("vitals: ListenAndServe: %w: choose another address, or port 0 for a free one", err)
	}
	v.logger.Info("govitals: debug pages are served", "url", "http://"+listener.Addr().String()+"/debug/vitals")
	if err := v.serve(ctx, listener); err != nil {
		return fmt.Errorf("vitals: ListenAndServe: %w", err)
	}
	return nil
}

// listenable resolves addr once, so that what is checked is what is listened on.
func (c Config) listenable(ctx context.Context, addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("the address %.100q: %w: use one such as 127.0.0.1:6060", addr, err)
	}
	if c.Token != "" || c.Authorize != nil {
		return addr, nil
	}
	const remedy = "listen on 127.0.0.1, or set Config.Token or Config.Authorize"
	if host == "" {
		return "", fmt.Errorf("the address %.100q has no host, which means all networks, and there is neither Token nor Authorize: everybody who reaches this machine could read function names and goroutines: %s", addr, remedy)
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return "", fmt.Errorf("the address %.100q: %w", addr, err)
	}
	for _, ip := range ips {
		if !ip.Unmap().IsLoopback() {
			return "", fmt.Errorf("the address %.100q can be reached from other machines (%v), and there is neither Token nor Authorize: everybody could read function names and goroutines: %s", addr, ip, remedy)
		}
	}
	first := max(0, slices.IndexFunc(ips, func(ip netip.Addr) bool { return ip.Unmap().Is4() })) // as net.Listen does
	return net.JoinHostPort(ips[first].String(), port), nil
}

// serve answers on the listener until ctx ends.
func (v *Vitals) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:     v.ownRoutes(),
		ReadTimeout: requestTimeout, ReadHeaderTimeout: headerTimeout, WriteTimeout: responseTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		BaseContext: func(net.Listener) context.Context { return ctx }, // captures that go on end with it
		ErrorLog:    slog.NewLogLogger(v.logger.Handler(), slog.LevelWarn),
	}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTimeout)
		defer cancel()
		if server.Shutdown(closing) != nil {
			_ = server.Close() // whoever is still there is cut off
		}
	})
	err := server.Serve(listener)
	if stop() { // ctx has not ended: the listener failed
		return errors.Join(err, server.Close())
	}
	<-closed
	return nil
}

// ownRoutes lead who opens the bare address to the report.
func (v *Vitals) ownRoutes() http.Handler {
	home := v.gate.Protect("other", http.RedirectHandler("/debug/vitals", http.StatusFound))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			home.ServeHTTP(w, r)
			return
		}
		v.handler.ServeHTTP(w, r)
	})
}
