package memprof

import (
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// isStandard reports whether a function is part of the Go distribution. The
// path of its source file decides. A binary built with -trimpath has no paths
// of directories, and generated code has none in any build; there the import
// path has to do.
func isStandard(function, file string) bool {
	if strings.HasPrefix(function, "type:") { // a generated hash or equality
		return true
	}
	if root := sourceRoot(); root != "" && strings.Contains(file, "/") {
		return strings.HasPrefix(file, root)
	}
	return isStandardPath(packagePath(function), dotlessModules())
}

// sourceRoot returns where the standard library was compiled from, as in
// "/usr/local/go/src/", and "" in a binary built with -trimpath.
var sourceRoot = sync.OnceValue(func() string {
	pc := reflect.ValueOf(runtime.GC).Pointer()
	file, _ := runtime.FuncForPC(pc).FileLine(pc)
	return file[:max(0, strings.LastIndex(file, "runtime/"))]
})

// dotlessModules returns the modules in this binary whose path has no dot in
// its first element, like those of the standard library.
var dotlessModules = sync.OnceValue(func() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	var paths []string
	for _, m := range append(info.Deps, &info.Main) {
		if first, _, _ := strings.Cut(m.Path, "/"); m.Path != "" && !strings.Contains(first, ".") {
			paths = append(paths, m.Path)
		}
	}
	return paths
})

// packagePath cuts the import path off a function's name. Type arguments may
// hold slashes and dots, import paths hold dots only before their last slash:
// the linker writes later ones as %2e.
func packagePath(function string) string {
	name, _, _ := strings.Cut(function, "[")
	last := strings.LastIndexByte(name, '/') + 1
	if dot := strings.IndexByte(name[last:], '.'); dot >= 0 {
		return name[:last+dot]
	}
	return name
}

// isStandardPath tells by the import path alone, given the modules that could
// be mistaken.
func isStandardPath(path string, modules []string) bool {
	if slices.ContainsFunc(modules, func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") }) {
		return false
	}
	first, _, _ := strings.Cut(path, "/")
	_, found := slices.BinarySearch(standardRoots, first)
	return found
}

// standardRoots are the first elements of the standard library's import paths,
// sorted.
var standardRoots = []string{
	"archive", "bufio", "bytes", "cmp", "compress", "container", "context", "crypto", "database", "debug",
	"embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html", "image", "index", "internal",
	"io", "iter", "log", "maps", "math", "mime", "net", "os", "path", "plugin", "reflect", "regexp", "runtime",
	"simd", "slices", "sort", "strconv", "strings", "structs", "sync", "syscall", "testing", "text", "time",
	"unicode", "unique", "unsafe", "vendor", "weak",
}
