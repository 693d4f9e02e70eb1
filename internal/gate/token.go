package gate

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Wrong tokens: freeGuesses in a guessWindow are answered at once, further
// ones after guessDelay, at most maxDelayed of them at a time.
const (
	freeGuesses = 10
	guessWindow = time.Minute
	guessDelay  = time.Second
	maxDelayed  = 4
)

// token checks the token of a gate and slows guessing down. There is one count
// for all peers: it needs no memory for each, and a right token is never slow.
type token struct {
	sum     [sha256.Size]byte
	delayed atomic.Int64

	mu      sync.Mutex
	since   time.Time // start of the window
	guesses int       // wrong tokens in it
}

// check reports whether r carries the token, and whether it carries one at all.
func (t *token) check(r *http.Request) (right, given bool) {
	value, given := bearer(r)
	if !given {
		_, value, given = r.BasicAuth()
	}
	sum := sha256.Sum256([]byte(value))
	return given && subtle.ConstantTimeCompare(sum[:], t.sum[:]) == 1, given
}

func bearer(r *http.Request) (string, bool) {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(value), equalFold(scheme, "bearer")
}

// slowDown counts a wrong token and waits if there were too many. It reports
// false if too many wait already.
func (t *token) slowDown(ctx context.Context) bool {
	if !t.tooMany(time.Now()) {
		return true
	}
	defer t.delayed.Add(-1)
	if t.delayed.Add(1) > maxDelayed {
		return false
	}
	timer := time.NewTimer(guessDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return true
}

func (t *token) tooMany(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.since) >= guessWindow {
		t.since, t.guesses = now, 0
	}
	t.guesses = min(t.guesses+1, freeGuesses+1)
	return t.guesses > freeGuesses
}
