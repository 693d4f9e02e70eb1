package vitals

import (
	"path"
	"strconv"
	"strings"
	"sync"
)

// ownBuild is read once: it does not change.
var ownBuild = sync.OnceValue(thisBuild)

// place says where a function is without telling how the machine that built the
// program is laid out: by import path, within the program's own module from there.
// "main.(*audit).keep" in /home/ann/shop/cmd/audit.go becomes "cmd/audit.go:56".
func place(function, file string, line int) string {
	if file == "" {
		return ""
	}
	at := path.Join(packageDir(function), path.Base(strings.ReplaceAll(file, `\`, "/")))
	if line > 0 {
		at += ":" + strconv.Itoa(line)
	}
	return at
}

// packageDir is the import path of a function, within the module of the program from
// there.
func packageDir(function string) string {
	dir := importPath(function)
	own := ownBuild()
	if dir == "main" && own.Program != "" {
		dir = own.Program
	}
	if dir == own.Module {
		return ""
	}
	return strings.TrimPrefix(dir, own.Module+"/")
}

// importPath is what is before the first dot of the last element: the names of
// functions have an escape in place of dots of that element. What is in the brackets
// of type parameters is not looked at.
func importPath(function string) string {
	name, _, _ := strings.Cut(function, "[")
	slash := strings.LastIndex(name, "/") + 1
	dot := strings.Index(name[slash:], ".")
	if dot < 0 {
		return ""
	}
	return strings.ReplaceAll(name[:slash+dot], "%2e", ".")
}
