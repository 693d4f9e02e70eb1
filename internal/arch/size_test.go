package arch

import (
	"go/ast"
	"testing"
)

const (
	maxFuncLines = 60
	maxFileLines = 350
)

// TestSize keeps functions and files short. Tests are spared: a long table is
// easy to read.
func TestSize(t *testing.T) {
	t.Parallel()
	all := sources(t)
	for _, s := range all.files {
		if ast.IsGenerated(s.file) {
			continue
		}
		if s.lines > maxFileLines {
			t.Errorf("%s has %d lines, more than %d: move one idea into a file of its own",
				all.fset.Position(s.file.Pos()).Filename, s.lines, maxFileLines)
		}
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				all.checkLength(t, f)
			}
		}
	}
}

func (t *tree) checkLength(tb testing.TB, f *ast.FuncDecl) {
	tb.Helper()
	lines := t.fset.Position(f.End()).Line - t.fset.Position(f.Type.Func).Line + 1
	if lines > maxFuncLines {
		tb.Errorf("%s: func %s has %d lines, more than %d: give a part of it a name",
			t.at(f), f.Name.Name, lines, maxFuncLines)
	}
}
