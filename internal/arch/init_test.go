package arch

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
	"testing"
)

// registrars are functions of other packages that change a global of the
// process. "*" stands for every function of a package.
var registrars = map[string][]string{
	"net/http":      {"Handle", "HandleFunc"},
	"expvar":        {"*"},
	"flag":          {"*"},
	"encoding/gob":  {"Register", "RegisterName"},
	"database/sql":  {"Register"},
	"runtime/debug": {"Set*"},
	"os/signal":     {"Notify"},
	"github.com/prometheus/client_golang/prometheus":          {"MustRegister", "Register"},
	"github.com/prometheus/client_golang/prometheus/promauto": {"*"},
	"go.opentelemetry.io/otel":                                {"Set*"},
}

// TestImportDoesNothing finds what a library would do to a program that merely
// imports it: func init, and variables initialised by a registration.
func TestImportDoesNothing(t *testing.T) {
	t.Parallel()
	all := sources(t)
	for _, s := range all.files {
		if !s.isLibrary() {
			continue
		}
		for _, e := range effects(s.file) {
			t.Errorf("%s: importing the package has an effect (%s): do it in a function that the user calls", all.at(e.node), e.what)
		}
	}
}

func effects(file *ast.File) []remark {
	var found []remark
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == "init" && d.Recv == nil {
				found = append(found, remark{d, "func init"})
			}
		case *ast.GenDecl:
			if d.Tok == token.VAR {
				found = append(found, registrations(file, d)...)
			}
		}
	}
	return found
}

// registrations finds calls of registrars in the initialisers of variables.
func registrations(file *ast.File, vars *ast.GenDecl) []remark {
	names := importNames(file)
	var found []remark
	ast.Inspect(vars, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if path, name := callee(call, names); slices.ContainsFunc(registrars[path], func(pattern string) bool {
				prefix, open := strings.CutSuffix(pattern, "*")
				return name == pattern || open && strings.HasPrefix(name, prefix)
			}) {
				found = append(found, remark{call, "a call of " + path + "." + name})
			}
		}
		return true
	})
	return found
}

// callee returns the package and the name of a function called as pkg.Name.
func callee(call *ast.CallExpr, names map[string]string) (path, name string) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	if id, ok := sel.X.(*ast.Ident); ok {
		return names[id.Name], sel.Sel.Name
	}
	return "", ""
}

// importNames maps the names that a file gives to its imports to their paths.
// An import without a name goes by the last part of its path.
func importNames(file *ast.File) map[string]string {
	names := map[string]string{}
	for _, spec := range file.Imports {
		path := strings.Trim(spec.Path.Value, "`\"")
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = path
	}
	return names
}

func TestImportDoesNothingCatches(t *testing.T) {
	t.Parallel()
	tests := map[string]int{
		`func init() {}`:                           1,
		`var _ = prom.Register(nil)`:               1,
		`var x = []error{prom.Register(nil)}`:      1,
		`var v = prom.NewCounter()`:                0,
		`var v = func() { http.Handle("/", nil) }`: 1, // rather too strict than blind
		`func f() { http.Handle("/", nil) }`:       0,
		`type t struct{}; func (t) init() {}`:      0,
	}
	const head = `package p; import ("net/http"; prom "github.com/prometheus/client_golang/prometheus");`
	for _, code := range slices.Sorted(maps.Keys(tests)) {
		if got := len(effects(parse(t, head+code))); got != tests[code] {
			t.Errorf("%s: want %d effects, got %d", code, tests[code], got)
		}
	}
}
