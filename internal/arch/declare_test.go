package arch

import (
	"bytes"
	"go/ast"
	"go/printer"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// declarations lists the exported declarations of a file, one line for each,
// without comments, bodies and whatever is not exported.
func declarations(file *ast.File) []string {
	var lines []string
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if isAPI(d) {
				lines = append(lines, render(&ast.FuncDecl{Recv: d.Recv, Name: d.Name, Type: d.Type}))
			}
		case *ast.GenDecl:
			lines = append(lines, specLines(d)...)
		}
	}
	return lines
}

func specLines(d *ast.GenDecl) []string {
	var lines []string
	var typ ast.Expr // in a group of constants it is carried on
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.ValueSpec:
			if s.Type != nil || len(s.Values) > 0 {
				typ = s.Type
			}
			lines = append(lines, valueLines(d.Tok, s, typ)...)
		case *ast.TypeSpec:
			if s.Name.IsExported() {
				lines = append(lines, typeLines(s)...)
			}
		}
	}
	return lines
}

// valueLines shows type and value of a constant, the type of a variable.
func valueLines(tok token.Token, s *ast.ValueSpec, typ ast.Expr) []string {
	var lines []string
	for i, name := range s.Names {
		if !name.IsExported() {
			continue
		}
		line := tok.String() + " " + name.Name
		if typ != nil {
			line += " " + render(typ)
		}
		if tok == token.CONST && i < len(s.Values) && !strings.Contains(render(s.Values[i]), "iota") {
			line += " = " + render(s.Values[i])
		}
		lines = append(lines, line)
	}
	return lines
}

func typeLines(s *ast.TypeSpec) []string {
	head := *s
	head.Doc, head.Comment = nil, nil
	switch s.Type.(type) {
	case *ast.StructType:
		head.Type = ast.NewIdent("struct")
	case *ast.InterfaceType:
		head.Type = ast.NewIdent("interface")
	}
	lines := []string{"type " + render(&head)}
	for _, m := range members(s) {
		lines = append(lines, memberLines(s, m)...)
	}
	return lines
}

// memberLines shows a field, a method, or an embedded type or union. A method
// that is not exported shows as "sealed": only this module can implement it.
func memberLines(s *ast.TypeSpec, m *ast.Field) []string {
	typ := render(m.Type)
	if m.Tag != nil {
		typ += " " + m.Tag.Value
	}
	prefix := "type " + s.Name.Name + ", "
	if len(m.Names) == 0 {
		return []string{prefix + "embeds " + typ}
	}
	var lines []string
	for _, name := range m.Names {
		if !name.IsExported() {
			continue
		}
		if signature, ok := strings.CutPrefix(typ, "func"); ok && isInterface(s) {
			lines = append(lines, prefix+"method "+name.Name+signature)
		} else {
			lines = append(lines, prefix+"field "+name.Name+" "+typ)
		}
	}
	if len(lines) == 0 && isInterface(s) {
		lines = append(lines, prefix+"sealed")
	}
	return lines
}

func isInterface(s *ast.TypeSpec) bool {
	_, ok := s.Type.(*ast.InterfaceType)
	return ok
}

// render prints a node on one line. The empty file set hides the lines on
// which the parts of the node stood.
func render(node any) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, token.NewFileSet(), node); err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestDeclarations(t *testing.T) {
	t.Parallel()
	got := declarations(parse(t, `package p
// Limit is big.
const Limit = 8
const (
	A State = iota
	B
	hidden
)
var Err error
type State uint8
type Name = string
// Set is generic.
type Set[K comparable, V any] struct {
	// Low is low.
	Low, High int `+"`json:\"low\"`"+`
	Hook func(
		int, // with a comment
	) error
	*State
	hidden int
}
type Source interface {
	// Collect collects.
	Collect(emit func(int))
	sealed()
}
func (s *Set[K, V]) Add(k K,
	v V) (ok bool) { return false }
func (h hidden) Add() {}
func Open(name string, _ ...int) {}
`))
	want := []string{
		"const Limit = 8",
		"const A State",
		"const B State",
		"var Err error",
		"type State uint8",
		"type Name = string",
		"type Set[K comparable, V any] struct",
		"type Set, field Low int `json:\"low\"`",
		"type Set, field High int `json:\"low\"`",
		"type Set, field Hook func(int) error",
		"type Set, embeds *State",
		"type Source interface",
		"type Source, method Collect(emit func(int))",
		"type Source, sealed",
		"func (s *Set[K, V]) Add(k K, v V) (ok bool)",
		"func Open(name string, _ ...int)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
