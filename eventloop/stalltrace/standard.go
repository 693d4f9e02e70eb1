package stalltrace

import (
	"slices"
	"strings"
)

// isStandardName tells by its name alone whether a function is part of the standard
// library. That the first element of its path has no dot does not do: modules may be
// called so too.
func isStandardName(function string) bool {
	if strings.HasPrefix(function, "type:") { // a generated hash or equality
		return true
	}
	end := strings.IndexAny(function, "/.")
	_, found := slices.BinarySearch(standardRoots, function[:max(0, end)])
	return found
}

// standardRoots are the first elements of the standard library's import paths,
// sorted.
var standardRoots = []string{
	"archive", "arena", "bufio", "bytes", "cmp", "compress", "container", "context", "crypto", "database", "debug",
	"embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html", "image", "index", "internal",
	"io", "iter", "log", "maps", "math", "mime", "net", "os", "path", "plugin", "reflect", "regexp", "runtime",
	"simd", "slices", "sort", "strconv", "strings", "structs", "sync", "syscall", "testing", "text", "time",
	"unicode", "unique", "unsafe", "vendor", "weak",
}
