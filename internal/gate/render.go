package gate

import (
	"context"
	"errors"
	"log"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/govitals/govitals/internal/flight"
)

// MaxBody is the size of the largest page in bytes.
const MaxBody = 8 << 20

const (
	// maxKept and maxKeptPages bound what is kept for reuse.
	maxKept      = 2 * MaxBody
	maxKeptPages = 64
)

var (
	errBusy     = errors.New("gate: too many requests wait for a page")
	errTooLarge = errors.New("gate: the page is larger than MaxBody: write less")
)

// body is a rendered page. It is not changed after it was rendered.
type body struct {
	data  []byte
	reuse time.Duration
	over  bool // more than MaxBody was written
}

// Write implements [io.Writer] up to MaxBody.
func (b *body) Write(p []byte) (int, error) {
	if b.over = b.over || len(p) > MaxBody-len(b.data); b.over {
		b.data = nil
		return 0, errTooLarge
	}
	b.data = append(b.data, p...)
	return len(p), nil
}

// render calls p.Render when no other page of the gate is being rendered.
func (g *Gate) render(ctx context.Context, p Page) (*body, error) {
	select {
	case g.renders <- struct{}{}:
		defer func() { <-g.renders }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	b := &body{reuse: p.reuse()}
	err := p.Render(ctx, b)
	if b.over {
		return nil, errTooLarge
	}
	return b, err
}

// logPanic writes the stack of a panic where net/http writes those of handlers:
// the client gets to see the value only.
func logPanic(r *http.Request, key pageKey, err error) {
	var p *flight.PanicError
	if !errors.As(err, &p) {
		return
	}
	printf := log.Printf
	if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && server.ErrorLog != nil {
		printf = server.ErrorLog.Printf
	}
	printf("govitals: panic while rendering debug page %s %q: %v\n%s", key.endpoint, key.key, p.Value, p.Stack)
}

// shelf keeps account of the pages that are kept for reuse.
type shelf struct {
	mu   sync.Mutex
	kept []keptPage
}

type keptPage struct {
	until time.Time
	bytes int
}

// keep returns how long b is kept: as long as its page says, or not at all
// where there is no room.
func (s *shelf) keep(b *body) time.Duration {
	if b.reuse <= 0 {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.kept = slices.DeleteFunc(s.kept, func(k keptPage) bool { return !now.Before(k.until) })
	total := cap(b.data)
	for _, k := range s.kept {
		total += k.bytes
	}
	if total > maxKept || len(s.kept) >= maxKeptPages {
		return 0
	}
	s.kept = append(s.kept, keptPage{until: now.Add(b.reuse), bytes: cap(b.data)})
	return b.reuse
}
