package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// source is one Go file of this module that is not a test.
type source struct {
	dir   string // of the package, relative to the root, with slashes: "export/promvitals"
	file  *ast.File
	lines int
	built bool // on the system that the test runs on
}

// tree holds every source file of the module.
type tree struct {
	fset  *token.FileSet
	files []source
}

// moduleTree parses the module once for all tests.
var moduleTree = sync.OnceValues(func() (*tree, error) {
	t := &tree{fset: token.NewFileSet()}
	return t, filepath.WalkDir(root, t.visit)
})

func sources(t *testing.T) *tree {
	t.Helper()
	all, err := moduleTree()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (t *tree) visit(path string, entry fs.DirEntry, err error) error {
	switch {
	case err != nil:
		return err
	case entry.IsDir() && path != root && isForeign(path):
		return filepath.SkipDir
	case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
		return t.add(path)
	}
	return nil
}

// isForeign reports whether the go command would pass over a directory below
// the root when it expands "./...".
func isForeign(dir string) bool {
	name := filepath.Base(dir)
	if name[0] == '.' || name[0] == '_' || name == "testdata" {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func (t *tree) add(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	name, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	name = filepath.ToSlash(name)
	file, err := parser.ParseFile(t.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("parse %s: %w", name, err)
	}
	dir, base := filepath.Split(path)
	built, err := build.Default.MatchFile(dir, base)
	if err != nil {
		return fmt.Errorf("build constraint of %s: %w", name, err)
	}
	t.files = append(t.files, source{
		dir:   filepath.ToSlash(filepath.Dir(name)),
		file:  file,
		lines: bytes.Count(text, []byte("\n")),
		built: built,
	})
	return nil
}

// packages groups the files by directory.
func (t *tree) packages() map[string][]source {
	byDir := map[string][]source{}
	for _, s := range t.files {
		byDir[s.dir] = append(byDir[s.dir], s)
	}
	return byDir
}

// remark is something to say about a place in the source.
type remark struct {
	node ast.Node
	what string
}

// at says where a node begins, as the compiler does.
func (t *tree) at(node ast.Node) string {
	p := t.fset.Position(node.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// isPublic reports whether other modules may import the package.
func (s source) isPublic() bool {
	path := "/" + s.dir + "/"
	return s.isLibrary() && !strings.Contains(path, "/internal/") && !strings.HasPrefix(path, "/examples/")
}

func (s source) isLibrary() bool { return s.file.Name.Name != "main" }

// receiver returns the name of the type that a method belongs to, "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	name := ""
	ast.Inspect(f.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name
}

// isAPI reports whether a function can be called from other packages by name.
func isAPI(f *ast.FuncDecl) bool {
	return f.Name.IsExported() && (f.Recv == nil || ast.IsExported(receiver(f)))
}
