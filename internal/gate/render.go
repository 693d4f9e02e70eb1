package gate

import (
	"context"
	"errors"
	"log"
	"net/http"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

// MaxBody is the size in bytes up to which a page is shared and kept. A larger
// one goes to one client at a time.
const MaxBody = 8 << 20

var errBusy = errors.New("gate: too many requests wait for a page")

// render prepares the page of s, and writes it when no other page of the gate
// is being rendered.
func (g *Gate) render(ctx context.Context, s *stream) error {
	defer s.end()
	if s.page.Prepare != nil {
		if err := s.page.Prepare(ctx); err != nil {
			return err
		}
	}
	select {
	case g.renders <- struct{}{}:
		defer func() { <-g.renders }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := g.work.take(ctx, 0); err != nil {
		return err
	}
	s.ctx = ctx
	s.was, _ = s.page.tag()
	defer g.charge(s, time.Now())
	err := s.page.Render(ctx, s)
	switch {
	case s.err != nil: // Render may have ignored it
		return s.err
	case err != nil:
		return err
	}
	return s.finish()
}

// charge makes the next page wait if rendering s took long.
func (g *Gate) charge(s *stream, start time.Time) {
	g.work.charge(float64(time.Since(start)-s.stood) / float64(renderingPerToken))
}

// report writes what clients do not get to see to where net/http writes the
// panics of handlers: the stack of a panic, and an error after the first byte.
// The client whose request began the rendering does it for all.
func (c *client) report(r *http.Request, key pageKey, err error) {
	if !c.leads {
		return
	}
	printf := log.Printf
	if server := serverOf(r); server != nil && server.ErrorLog != nil {
		printf = server.ErrorLog.Printf
	}
	var p *flight.PanicError
	if errors.As(err, &p) {
		printf("govitals: panic while rendering debug page %s %q: %v\n%s", key.endpoint, key.key, p.Value, p.Stack)
	} else {
		printf("govitals: debug page %s %q ended early: %v", key.endpoint, key.key, err)
	}
}

// reportPanic is report for an answer that has not begun: its client sees the
// words of an error, but not the stack of a panic.
func (c *client) reportPanic(r *http.Request, key pageKey, err error) {
	var p *flight.PanicError
	if errors.As(err, &p) {
		c.report(r, key, err)
	}
}

// serverOf returns the server that r came through, nil if it is not known.
func serverOf(r *http.Request) *http.Server {
	server, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
	return server
}
