package watch

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// InFlightConfig configures an InFlight. The zero value is recommended.
type InFlightConfig struct {
	// Route names what a request asks for, once the handler has returned: one of
	// a few names, not the path. What it returns beyond MaxRoutes counts as
	// "(other)", and an empty text or a panic as "(none)".
	// Default: the Pattern that http.ServeMux noted in the request.
	Route func(*http.Request) string
	// MaxRoutes is how many routes are told apart, at most 1,048,576.
	// Default: 200.
	MaxRoutes int
	// Grace is how long a handler may go on after its client has left, before its
	// request counts as orphaned.
	// Default: 5 seconds.
	Grace time.Duration
	// Health recognises requests of health checks and scrapes, which are counted
	// under the route "(health)", so that they do not make the others look quick.
	// Default: the paths /health, /healthz, /livez, /readyz, /ping and /metrics.
	Health func(*http.Request) bool
	// CountBytes has the list of requests show how much of each response was written.
	// For that, the handler gets an http.ResponseWriter that counts: it can flush, be
	// hijacked and take files as that of HTTP/1 can, and http.ResponseController
	// finds the original; but it is no http.Pusher. It takes two or three allocations.
	// Default: false.
	CountBytes bool
}

const (
	routeHealth = "(health)"
	routeNone   = "(none)"

	// maxNames bounds how many routes or hosts are told apart: each takes 8 KiB.
	maxNames = 1 << 20
)

// Validate returns an error that names the field that is wrong.
func (c InFlightConfig) Validate() error {
	if c.MaxRoutes < 0 || c.MaxRoutes > maxNames {
		return fmt.Errorf("watch: InFlightConfig.MaxRoutes is %d: use 0 for the default, or up to %d", c.MaxRoutes, maxNames)
	}
	if c.Grace < 0 {
		return fmt.Errorf("watch: InFlightConfig.Grace is %v: use 0 for the default, or more", c.Grace)
	}
	return nil
}

func (c InFlightConfig) withDefaults() InFlightConfig {
	if c.Route == nil {
		c.Route = func(r *http.Request) string { return r.Pattern }
	}
	if c.MaxRoutes == 0 {
		c.MaxRoutes = 200
	}
	if c.Grace == 0 {
		c.Grace = 5 * time.Second
	}
	if c.Health == nil {
		c.Health = isHealth
	}
	return c
}

// isHealth is asked for every request: most paths are longer than all of these.
func isHealth(r *http.Request) bool {
	if len(r.URL.Path) > len("/metrics/") {
		return false
	}
	switch strings.TrimSuffix(r.URL.Path, "/") {
	case "/health", "/healthz", "/livez", "/readyz", "/ping", "/metrics":
		return true
	}
	return false
}

// route asks the user's function, which may be broken.
func (c *InFlightConfig) route(r *http.Request) (name string) {
	defer func() {
		if recover() != nil || name == "" {
			name = routeNone
		}
	}()
	if c.Health(r) {
		return routeHealth
	}
	return c.Route(r)
}
