package doccode

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"strings"
)

// check returns what the compiler would say of the blocks of a document, each with
// file:line.
func check(file string, blocks []block, all *index) []error {
	var faults []error
	declarations, statements, depth := "", "func _() {\n", 1
	for _, b := range blocks {
		// As many bytes as before. The line directive makes errors point to the document.
		code := fmt.Sprintf("//line %s:%d\n%s", file, b.line, strings.ReplaceAll(b.text, "…", "   "))
		switch {
		case parses(code):
			faults = append(faults, compile(code, all, true)...)
		case parses("package p\n" + code):
			declarations += code
		default:
			if _, errs := parse("package p; func _() {\n"+code+"}", token.NewFileSet()); errs != nil {
				faults = append(faults, errs...)
				continue
			}
			// Inside of the blocks before, so that it sees their variables and may
			// declare them again.
			statements += "{\n" + code
			depth++
		}
	}
	fragments := declarations + statements + strings.Repeat("}", depth)
	return append(faults, compile(complete(fragments, all), all, false)...)
}

func parses(source string) bool {
	_, errs := parse(source, token.NewFileSet())
	return errs == nil
}

func parse(source string, fset *token.FileSet) (*ast.File, []error) {
	file, err := parser.ParseFile(fset, "made-up package", source, parser.SkipObjectResolution)
	var list scanner.ErrorList
	switch {
	case err == nil:
		return file, nil
	case errors.As(err, &list):
		return nil, []error{at(list[0].Pos, list[0].Msg)}
	}
	return nil, []error{err}
}

func at(position token.Position, message string) error {
	return fmt.Errorf("%s:%d: %s", position.Filename, position.Line, message)
}

// compile type-checks a package. Of fragments it forgives what is declared or imported
// and not used.
func compile(source string, all *index, whole bool) []error {
	fset := token.NewFileSet()
	file, faults := parse(source, fset)
	if faults != nil {
		return faults
	}
	config := types.Config{
		Importer: all.importer,
		Error: func(err error) {
			var fault types.Error
			if errors.As(err, &fault) && (whole || !fault.Soft) {
				faults = append(faults, at(fset.Position(fault.Pos), fault.Msg))
			}
		},
	}
	_, _ = config.Check("p", fset, []*ast.File{file}, nil)
	return faults
}
