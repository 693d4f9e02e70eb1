package doccode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
)

const (
	module = "github.com/govitals/govitals"
	root   = "../.."
)

// listed is a package as go list describes it.
type listed struct {
	ImportPath string
	Name       string
	Export     string // the file with its types
	Standard   bool
	Dir        string
	GoFiles    []string
}

// index finds packages by the name under which code mentions them.
type index struct {
	byName   map[string]listed
	byPath   map[string]listed
	importer types.Importer // of the types that the compiler wrote
}

// packages runs go list once, which compiles what is not compiled yet.
var packages = sync.OnceValues(func() (*index, error) {
	command := exec.Command("go", append([]string{"list", "-export", "-deps",
		"-json=ImportPath,Name,Export,Standard,Dir,GoFiles", "./..."}, more...)...)
	command.Dir = root
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list -export ./...: %w\n%s", err, stderr.Bytes())
	}
	all := &index{byName: map[string]listed{}, byPath: map[string]listed{}}
	all.importer = importer.ForCompiler(token.NewFileSet(), "gc", all.types)
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list -export ./...: %w", err)
		}
		all.add(p)
	}
})

func (x *index) add(p listed) {
	x.byPath[p.ImportPath] = p
	if old, taken := x.byName[p.Name]; !p.isHidden() && (!taken || p.closer(old)) {
		x.byName[p.Name] = p
	}
}

// isHidden says that a reader cannot import this package, or would not.
func (p listed) isHidden() bool {
	path := p.ImportPath + "/"
	return p.Name == "main" || strings.Contains(path, "internal/") ||
		strings.HasPrefix(path, "vendor/") || strings.HasPrefix(path, module+"/deploy/")
}

func (p listed) isOurs() bool {
	return p.ImportPath == module || strings.HasPrefix(p.ImportPath, module+"/")
}

// closer says which of two packages of one name a document means: ours, then that of the
// standard library, then the one with the shorter path.
func (p listed) closer(other listed) bool {
	if a, b := p.distance(), other.distance(); a != b {
		return a < b
	}
	return len(p.ImportPath) < len(other.ImportPath)
}

func (p listed) distance() int {
	switch {
	case p.isOurs():
		return 0
	case p.Standard:
		return 1
	}
	return 2
}

// find returns the import path for a name, empty if there is none.
func (x *index) find(name string) string {
	if path := alias[name]; path != "" {
		return path
	}
	return x.byName[name].ImportPath
}

// types opens what the compiler wrote of a package.
func (x *index) types(path string) (io.ReadCloser, error) {
	p, found := x.byPath[path]
	if !found {
		return nil, fmt.Errorf("the main module does without %s", path)
	}
	return os.Open(p.Export)
}
