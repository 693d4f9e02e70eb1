package gate

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/govitals/govitals/internal/flight"
)

// minToken is the least number of bytes in a token.
const minToken = 16

// Config sets up a [Gate]. The zero value lets in requests of this machine
// only.
type Config struct {
	// Token lets a request in that carries it as "Authorization: Bearer" or
	// as the password of HTTP Basic, whoever the user is. At least 16
	// printable ASCII characters without spaces. Default: "", no token.
	Token string
	// Authorize replaces Token and the checks of peer, Host, proxy and
	// protocol: a request passes if it returns nil. Its error is shown to a
	// peer on this machine only. Default: nil.
	Authorize func(*http.Request) error
}

// Validate returns an error that names the first field that is wrong. It never
// contains the token.
func (c Config) Validate() error {
	switch {
	case c.Token != "" && c.Authorize != nil:
		return errors.New("gate: Config.Token and Config.Authorize are both set: Authorize would replace the token: set one of the two")
	case c.Token != "" && len(c.Token) < minToken:
		return fmt.Errorf("gate: Config.Token has %d bytes: use at least %d, such as the output of: openssl rand -hex 16", len(c.Token), minToken)
	}
	if at := strings.IndexFunc(c.Token, notPrintable); at >= 0 {
		return fmt.Errorf("gate: Config.Token has a space or a character that is not printable ASCII at byte %d: remove it (a token read from a file often ends with a newline)", at)
	}
	return nil
}

func notPrintable(c rune) bool { return c <= ' ' || c > '~' }

// Gate protects debug handlers. Make one with [New]; a nil or zero Gate lets
// nobody in.
type Gate struct {
	authorize func(*http.Request) error
	token     *token // nil without a token

	flights   *flight.Group[pageKey, *rendering]
	renders   chan struct{} // holds one element while a page is rendered
	exclusive atomic.Uint64 // exclusive pages so far
	asking    atomic.Int64  // requests that wait for a token, or whose page is not complete
	sending   atomic.Int64  // bytes of pages on their way to clients
	sends     pace          // of pages that are sent
	work      pace          // of rendering
	shelf     shelf
	counts    counts
}

// New returns a Gate, or an error that names the field of c that is wrong.
func New(c Config) (*Gate, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	g := &Gate{authorize: c.Authorize, renders: make(chan struct{}, 1)}
	if c.Token != "" {
		g.token = &token{sum: sha256.Sum256([]byte(c.Token))}
	}
	var err error
	g.flights, err = flight.New[pageKey](flight.Config[*rendering]{ReuseFor: g.shelf.keepFor})
	return g, err
}

// closed reports whether g was not made by New.
func (g *Gate) closed() bool { return g == nil || g.flights == nil }
