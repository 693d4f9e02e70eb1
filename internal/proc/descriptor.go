package proc

import (
	"path"
	"strings"
)

// Descriptor is one open file descriptor.
type Descriptor struct {
	// Number is the descriptor itself. It is used again after a close.
	Number int
	// Target is what it refers to, as the kernel names it: "socket:[4711]",
	// "pipe:[12]", "anon_inode:[eventpoll]", or the path of a file.
	Target string
}

// Kind turns "socket:[4711]" into "socket" and a path into its directory, so
// that the number of kinds stays small.
func (d Descriptor) Kind() string {
	if strings.HasPrefix(d.Target, "/") {
		return "files in " + path.Dir(d.Target)
	}
	kind, number, _ := strings.Cut(d.Target, ":[")
	if strings.Trim(number, "0123456789]") != "" { // anon_inode:[eventpoll] is one kind
		return d.Target
	}
	return kind
}
