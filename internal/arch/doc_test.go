package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// limits is the heading under which a package says what it is not good for.
const limits = "# What it cannot see"

func TestEverythingExportedIsDocumented(t *testing.T) {
	t.Parallel()
	all := sources(t)
	for _, s := range all.files {
		for _, gap := range undocumented(all.fset, s.file) {
			t.Errorf("%s: exported %s has no comment: say in a sentence what it is for", all.at(gap.node), gap.what)
		}
	}
}

func TestPackagesAreDocumented(t *testing.T) {
	t.Parallel()
	all := sources(t)
	byDir := all.packages()
	for _, dir := range slices.Sorted(maps.Keys(byDir)) {
		doc := packageDoc(byDir[dir])
		switch {
		case doc == "":
			t.Errorf("%s has no package comment: write one in doc.go", dir)
		case byDir[dir][0].isPublic() && !strings.Contains(doc, "\n"+limits+"\n"):
			t.Errorf("%s: the package comment lacks the section %q: say where its figures end", dir, limits)
		}
	}
}

func packageDoc(files []source) string {
	var doc strings.Builder
	for _, s := range files {
		doc.WriteString(s.file.Doc.Text())
	}
	return doc.String()
}

// undocumented lists what other packages can name but find no comment on.
func undocumented(fset *token.FileSet, file *ast.File) []remark {
	var gaps []remark
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if isAPI(d) && d.Doc == nil {
				gaps = append(gaps, remark{d, strings.TrimPrefix(receiver(d)+"."+d.Name.Name, ".")})
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				gaps = append(gaps, undocumentedSpec(fset, spec, d.Doc)...)
			}
		}
	}
	return gaps
}

// undocumentedSpec checks one const, var or type. The comment on a group, in
// parentheses or not, serves all its members.
func undocumentedSpec(fset *token.FileSet, spec ast.Spec, group *ast.CommentGroup) []remark {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		if name := firstExported(s.Names); name != "" && group.Text()+s.Doc.Text()+s.Comment.Text() == "" {
			return []remark{{s, name}}
		}
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return nil
		}
		doc := group.Text() + s.Doc.Text() + s.Comment.Text()
		gaps := undocumentedMembers(fset, s, doc)
		if doc == "" {
			gaps = append(gaps, remark{s, s.Name.Name})
		}
		return gaps
	}
	return nil
}

// undocumentedMembers checks the fields of a struct and the methods of an
// interface. A comment serves the members that follow it without a blank line,
// that of the type those which it names.
func undocumentedMembers(fset *token.FileSet, spec *ast.TypeSpec, doc string) []remark {
	var gaps []remark
	served := -1 // the last line that a comment serves
	for _, m := range members(spec) {
		begins, ends := fset.Position(m.Pos()).Line, fset.Position(m.End()).Line
		if m.Doc != nil || m.Comment != nil || begins == served+1 {
			served = ends
		} else if name := firstExported(m.Names); name != "" && !mentions(doc, name) {
			gaps = append(gaps, remark{m, spec.Name.Name + "." + name})
		}
	}
	return gaps
}

// mentions reports whether a text has a name as a word of its own.
func mentions(text, name string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), name)
}

func members(spec *ast.TypeSpec) []*ast.Field {
	switch typ := spec.Type.(type) {
	case *ast.StructType:
		return typ.Fields.List
	case *ast.InterfaceType:
		return typ.Methods.List
	}
	return nil
}

func firstExported(names []*ast.Ident) string {
	for _, id := range names {
		if id.IsExported() {
			return id.Name
		}
	}
	return ""
}

func TestUndocumentedCatches(t *testing.T) {
	t.Parallel()
	file := parse(t, `package p

const Bare = 1

// Group comment.
const (
	A = iota
	B
)

type Open struct {
	// Low and High go together.
	Low  int
	High int

	Alone int
	hidden int
}

// Reader has methods. Close closes.
type Reader interface {
	Read()
	Close()
}

func Func() {}

func (o *Open) Method() {}

func (o *hidden) Method() {}
`)
	var got []string
	for _, gap := range undocumented(fixtures, file) {
		got = append(got, gap.what)
	}
	want := "[Bare Open.Alone Open Reader.Read Func Open.Method]"
	if fmt.Sprint(got) != want {
		t.Errorf("want %s, got %s", want, got)
	}
}

var fixtures = token.NewFileSet()

// parse reads the source of a made-up file.
func parse(t *testing.T, text string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(fixtures, "p.go", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
