package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

const (
	module = "github.com/govitals/govitals"
	root   = "../.."
)

// pkg is one package as go list describes it.
type pkg struct {
	ImportPath     string
	Name           string
	Dir            string
	ForTest        string
	Standard       bool
	Imports        []string
	TestImports    []string
	XTestImports   []string
	IgnoredGoFiles []string
}

// graph holds the packages of the module and all that they and their tests
// import, by import path.
type graph map[string]*pkg

// moduleGraph runs go list once for all tests.
var moduleGraph = sync.OnceValues(func() (graph, error) {
	cmd := exec.Command("go", "list", "-e", "-deps", "-test",
		"-json=ImportPath,Name,Dir,ForTest,Standard,Imports,TestImports,XTestImports,IgnoredGoFiles", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list ./...: %w\n%s", err, stderr.Bytes())
	}
	return decodeGraph(bytes.NewReader(out))
})

func decodeGraph(r io.Reader) (graph, error) {
	g := graph{}
	for dec := json.NewDecoder(r); ; {
		p := new(pkg)
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			return g, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list ./...: %w", err)
		}
		if p.ForTest != "" || strings.HasSuffix(p.ImportPath, ".test") {
			continue // a variant built for one test; the plain package is listed too
		}
		p.addIgnored()
		g[p.ImportPath] = p
	}
}

// addIgnored adds the imports of files that are built on other systems only.
func (p *pkg) addIgnored() {
	if !isOurs(p.ImportPath) {
		return
	}
	for _, name := range p.IgnoredGoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
		if err != nil || strings.TrimSuffix(file.Name.Name, "_test") != p.Name {
			continue // not part of this package on any system
		}
		imports := &p.Imports
		if strings.HasSuffix(name, "_test.go") {
			imports = &p.TestImports
		}
		for _, spec := range file.Imports {
			*imports = append(*imports, strings.Trim(spec.Path.Value, "`\""))
		}
	}
}

// chains follows imports breadth first from one package and returns the
// shortest chain to each package for which stop holds, without looking behind it.
func (g graph) chains(from string, first []string, stop func(path string) bool) [][]string {
	var found [][]string
	seen := map[string]bool{from: true}
	queue := [][]string{}
	push := func(chain, imports []string) {
		for _, path := range imports {
			if !seen[path] {
				seen[path] = true
				queue = append(queue, append(slices.Clone(chain), path))
			}
		}
	}
	push([]string{from}, first)
	for len(queue) > 0 {
		chain := queue[0]
		queue = queue[1:]
		last := chain[len(chain)-1]
		if stop(last) {
			found = append(found, chain)
		} else if p := g[last]; p != nil {
			push(chain, p.Imports)
		}
	}
	return found
}

func isOurs(path string) bool {
	return path == module || strings.HasPrefix(path, module+"/")
}

// isStandard asks the listing and, for a path that it lacks, goes by the dot
// that every host name has.
func (g graph) isStandard(path string) bool {
	if p := g[path]; p != nil {
		return p.Standard
	}
	host, _, _ := strings.Cut(path, "/")
	return !strings.Contains(host, ".")
}
