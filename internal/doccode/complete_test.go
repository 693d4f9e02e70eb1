package doccode

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
)

// complete makes a package of fragments: it adds what is given, but for what they
// declare themselves, and imports what is mentioned.
func complete(fragments string, all *index) string {
	_, own := names(fragments)
	added := givenBut(own)
	mentioned, declared := names(added + fragments)
	imports := "package p\n"
	for _, name := range slices.Sorted(maps.Keys(mentioned)) {
		if path := all.find(name); path != "" && !declared[name] {
			imports += fmt.Sprintf("import %s %q\n", name, path)
		}
	}
	return imports + added + fragments
}

func givenBut(own map[string]bool) (text string) {
	const source = "package p\n" + given
	fset := token.NewFileSet()
	file, errs := parse(source, fset)
	if errs != nil {
		panic(errs[0])
	}
	for _, d := range file.Decls {
		if !slices.ContainsFunc(declares(d), func(name string) bool { return own[name] }) {
			text += source[fset.Position(d.Pos()).Offset:fset.Position(d.End()).Offset] + "\n"
		}
	}
	return text
}

// names returns the identifiers that declarations mention, anywhere, and those that they
// declare for the whole package. Imports that are too many do no harm.
func names(declarations string) (mentioned, declared map[string]bool) {
	mentioned, declared = map[string]bool{}, map[string]bool{}
	file, errs := parse("package p\n"+declarations, token.NewFileSet())
	if errs != nil {
		return mentioned, declared
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			mentioned[id.Name] = true
		}
		return true
	})
	for _, d := range file.Decls {
		for _, name := range declares(d) {
			declared[name] = true
		}
	}
	return mentioned, declared
}

func declares(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return []string{d.Name.Name}
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, id := range s.Names {
					names = append(names, id.Name)
				}
			}
		}
	}
	return names
}
