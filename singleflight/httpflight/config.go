package httpflight

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Config sets up a [Handler].
type Config struct {
	// Name is how Cache-Status names this handler: a letter, then letters,
	// digits and "-_.".
	// Default: "httpflight".
	Name string
	// Key returns what tells one load from another, besides the scheme, the
	// host, the encodings and the headers in Vary; false for a request that
	// must run alone. It replaces the path and query. About a request that may
	// change what is kept it is asked as if that was a GET. Default: nil, these.
	Key func(*http.Request) (key string, share bool)
	// Private names further request headers that say who is asking, besides
	// Authorization, Cookie and the like: a request that has one runs alone.
	// Default: nil, none.
	Private []string
	// Values lists the keys of context values that the load takes over from
	// the request that began it. Default: nil, those of net/http alone.
	Values []any
	// Reuse is how long a complete answer is handed out again, if it does not
	// say itself that it is fresh for less. This, Stale and StaleIfError count as
	// 10 years if they are longer. Default: 0, not at all.
	Reuse time.Duration
	// Stale is for how long after that an answer is still handed out at once,
	// while one load fetches the next (stale-while-revalidate, RFC 5861). An
	// answer that says so itself shortens it, and must-revalidate forbids it.
	// Default: 0, not at all.
	Stale time.Duration
	// StaleIfError is for how long after Reuse an answer stands in when its load
	// fails, or ends with 500, 502, 503 or 504 (stale-if-error). The origin is
	// then left alone for a second. Default: 0, not at all.
	StaleIfError time.Duration
	// MaxGenerations bounds how many answers for one address may be alive
	// because slow clients read them. At the bound the latest one is handed out
	// as stale in place of a new load, until a client is through. So slow clients
	// decide how old an answer gets: set it where MaxBytes is too little of a
	// bound. Default: 0, no limit but MaxBytes.
	MaxGenerations int
	// Mark is how long the requests for something that could not be shared go
	// straight through, without waiting for each other first. Default: 10 s.
	Mark time.Duration
	// MaxBytes bounds the bodies in memory: being loaded, being read, and kept.
	// Default: 256 MiB.
	MaxBytes int64
	// MaxBody is the size up to which a body is shared. Default: 64 MiB,
	// or MaxBytes if that is less.
	MaxBody int64
	// MaxLoads is how many loads run at the same time; a request for one more
	// gets 503. Default: 256.
	MaxLoads int
	// MaxFollowers is how many requests share one load, besides its first; one
	// more gets 503. Default: 100,000.
	MaxFollowers int
	// LoadTimeout is how long a load may stay silent, before its headers and
	// between two writes. Default: 30 s.
	LoadTimeout time.Duration
	// StallTimeout is how long a client may take over 64 KiB. Default: 30 s.
	StallTimeout time.Duration
	// Gzip compresses text once for all clients that accept it. The handler
	// behind is then asked for plain bytes. Default: false.
	Gzip bool
	// NotSentLowat is how many bytes that are not sent yet the kernel takes for
	// one connection, where [Handler.ConnContext] is used. A client that does
	// not read costs that and some 40 KiB. Where a fast client is held back,
	// because this process is too busy to write again before the line has sent
	// half of it, more helps. Default: 96 KiB, sent in 0.8 ms at 1 Gbit/s.
	NotSentLowat int
}

const (
	defaultName         = "httpflight"
	defaultMark         = 10 * time.Second
	defaultMaxBytes     = 256 << 20
	defaultMaxBody      = 64 << 20
	defaultMaxLoads     = 256
	defaultMaxFollowers = 100_000
	defaultTimeout      = 30 * time.Second
	defaultNotSentLowat = 96 << 10

	// longest bounds how long an answer is kept, so that sums do not overflow.
	longest = 10 * 365 * 24 * time.Hour
)

// Validate returns an error that names the first field that is wrong.
func (c Config) Validate() error {
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"Reuse", int64(c.Reuse)}, {"Stale", int64(c.Stale)}, {"StaleIfError", int64(c.StaleIfError)},
		{"MaxGenerations", int64(c.MaxGenerations)}, {"Mark", int64(c.Mark)}, {"MaxBytes", c.MaxBytes}, {"MaxBody", c.MaxBody},
		{"MaxLoads", int64(c.MaxLoads)}, {"MaxFollowers", int64(c.MaxFollowers)}, {"LoadTimeout", int64(c.LoadTimeout)},
		{"StallTimeout", int64(c.StallTimeout)}, {"NotSentLowat", int64(c.NotSentLowat)},
	} {
		if f.value < 0 {
			return fmt.Errorf("httpflight: Config.%s is %d: use zero for the default, or more", f.name, f.value)
		}
	}
	if !isToken(c.Name) && c.Name != "" {
		return fmt.Errorf("httpflight: Config.Name is %q: use a letter and then letters, digits, dots, - and _", c.Name)
	}
	for _, name := range c.Private {
		if !isFieldName(name) {
			return fmt.Errorf("httpflight: Config.Private has %q: use the name of a header, such as X-Api-Key", name)
		}
	}
	if d := c.withDefaults(); d.MaxBody > d.MaxBytes {
		return fmt.Errorf("httpflight: Config.MaxBody is %d, more than MaxBytes of %d: lower it, or raise MaxBytes", d.MaxBody, d.MaxBytes)
	}
	return nil
}

func (c Config) withDefaults() Config {
	c.Reuse, c.Stale, c.StaleIfError = min(c.Reuse, longest), min(c.Stale, longest), min(c.StaleIfError, longest)
	c.Name = orDefault(c.Name, defaultName)
	c.Mark = orDefault(c.Mark, defaultMark)
	c.MaxBytes = orDefault(c.MaxBytes, defaultMaxBytes)
	c.MaxBody = orDefault(c.MaxBody, min(defaultMaxBody, c.MaxBytes))
	c.MaxLoads = orDefault(c.MaxLoads, defaultMaxLoads)
	c.MaxFollowers = orDefault(c.MaxFollowers, defaultMaxFollowers)
	c.LoadTimeout = orDefault(c.LoadTimeout, defaultTimeout)
	c.StallTimeout = orDefault(c.StallTimeout, defaultTimeout)
	c.NotSentLowat = orDefault(c.NotSentLowat, defaultNotSentLowat)
	c.Private = slices.Clone(c.Private)
	for i, name := range c.Private {
		c.Private[i] = http.CanonicalHeaderKey(name)
	}
	return c
}

func orDefault[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}

// isToken reports whether s may stand in Cache-Status as it is: a token of
// RFC 8941, of which this is the harmless part.
func isToken(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || !(r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')) {
			return false
		}
	}
	return s != ""
}
