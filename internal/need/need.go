// Package need finds the outside programs that some tests drive. It is for
// tests only.
//
// A test that lacks its program is skipped with the reason, so that
// go test ./... passes on any machine. Where the test must not be left out, as
// in .ci/run, GOVITALS_REQUIRE lists the programs without which it fails:
//
//	GOVITALS_REQUIRE=prometheus,chromium go test ./...
//
// # Cost
//
// A look at PATH for each test that asks.
//
// # What it cannot see
//
// Which version of a program it found.
package need

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Require is the environment variable that lists programs which must be there.
const Require = "GOVITALS_REQUIRE"

// program is something that tests run.
type program struct {
	name   string   // as in GOVITALS_REQUIRE
	env    string   // the variable that may hold its path
	files  []string // what it is called on PATH
	remedy string   // a command that helps
}

var (
	prometheus = program{
		name: "prometheus", env: "GOVITALS_PROMETHEUS", files: []string{"prometheus"},
		remedy: "GOVITALS_PROMETHEUS=$(bash .ci/prometheus.sh)/prometheus go test ./...",
	}
	promtool = program{
		name: "promtool", env: "GOVITALS_PROMTOOL", files: []string{"promtool"},
		remedy: "GOVITALS_PROMTOOL=$(bash .ci/prometheus.sh)/promtool go test ./...",
	}
	chromium = program{
		name: "chromium", env: "GOVITALS_CHROMIUM", files: []string{"chromium", "chromium-browser", "google-chrome"},
		remedy: "apt-get install -y --no-install-recommends chromium",
	}
)

// Prometheus returns the path of a Prometheus server.
func Prometheus(t testing.TB) string {
	t.Helper()
	return prometheus.path(t)
}

// Promtool returns the path of Prometheus's promtool.
func Promtool(t testing.TB) string {
	t.Helper()
	return promtool.path(t)
}

// Chromium returns the path of a browser. As root it needs --no-sandbox.
func Chromium(t testing.TB) string {
	t.Helper()
	return chromium.path(t)
}

func (p program) path(t testing.TB) string {
	t.Helper()
	path, err := p.find()
	switch {
	case err == nil:
		return path
	case p.isRequired():
		t.Fatalf("%v; %s requires it", err, Require)
	default:
		t.Skip(err)
	}
	return ""
}

// find looks at the variable alone where it is set: a wrong path must not fall
// back to some other program.
func (p program) find() (string, error) {
	if set := os.Getenv(p.env); set != "" {
		path, err := exec.LookPath(set)
		if err != nil {
			return "", fmt.Errorf("need: %s=%s: %w", p.env, set, err)
		}
		return path, nil
	}
	for _, file := range p.files {
		if path, err := exec.LookPath(file); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("need: no %s on PATH and %s is not set: try %s", p.name, p.env, p.remedy)
}

func (p program) isRequired() bool {
	return slices.Contains(strings.Split(os.Getenv(Require), ","), p.name)
}
