package leakguard

import (
	"strings"

	"github.com/govitals/govitals/internal/stacks"
)

// isStandard reports whether a goroutine is there whatever a test does. The
// list is short on purpose: what the program or its libraries started and could
// end is not on it. Goroutines of the runtime are not in a dump at all, but for
// those that come with GOTRACEBACK=system and while they run a finalizer. The
// readers of go test -trace and -cpuprofile begin before the first test and end
// with the last one.
func isStandard(g *stacks.Goroutine) bool {
	creator := g.CreatedBy.Func
	if creator == "" { // main, and threads of C that call Go
		return true
	}
	root := g.Site().Root
	return isStandardRoot(root) || isTesting(creator) ||
		strings.HasPrefix(root, "runtime.") && strings.HasPrefix(creator, "runtime.")
}

// isStandardRoot reports the same as far as the function that was started
// tells. The first signal.Notify starts a loop that never ends.
func isStandardRoot(root string) bool {
	return isTesting(root) || root == "main.main" || root == "os/signal.loop"
}

// isTesting reports whether a function belongs to package testing, which waits
// for what it starts: tests, benchmarks, fuzz targets, bubbles.
func isTesting(function string) bool {
	return strings.HasPrefix(function, "testing.") || strings.HasPrefix(function, "testing/")
}

// remedies names what ends goroutines of the standard library that tests often
// leave behind. The first that fits counts.
var remedies = []struct{ function, advice string }{
	{"net/http.(*persistConn).", "an idle connection of an HTTP client: call CloseIdleConnections on the client (http.DefaultClient too), and read and close response bodies"},
	{"net/http/httptest.(*Server).", "a test server: call its Close"},
	{"net/http.(*Server).", "an HTTP server: call its Close or Shutdown"},
	{"net/http.(*conn).serve", "a connection of an HTTP server: call Close or Shutdown on the server, and CloseIdleConnections on the client"},
	{"database/sql.(*DB).", "a pool of database connections: call its Close"},
	{"os/exec.(*Cmd).", "a command: call its Wait"},
	{"context.(*cancelCtx).", "a context: call its cancel function"},
	{"github.com/govitals/govitals/internal/loop.(*Loop).run", "a part of govitals: call its Close"},
}

// remedyFor returns what ends a goroutine, "" if that is not known.
func remedyFor(g *stacks.Goroutine) string {
	for _, r := range remedies {
		if strings.HasPrefix(g.CreatedBy.Func, r.function) {
			return r.advice
		}
		for _, f := range g.Frames {
			if strings.HasPrefix(f.Func, r.function) {
				return r.advice
			}
		}
	}
	return ""
}
