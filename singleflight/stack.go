package singleflight

import (
	"bytes"
	"fmt"
	"path"
	"reflect"
	"runtime/pprof"
	"strconv"
	"strings"
)

// frame is a call of a stack.
type frame struct {
	function string
	file     string
	line     int
}

// String returns the function and the place.
func (f frame) String() string { return fmt.Sprintf("%s %s:%d", f.function, f.file, f.line) }

// ours is the import path of this package.
var ours = reflect.TypeFor[Result]().PkgPath()

// stackOf returns where the goroutine with the label is, the innermost call first
// and those of this package and its engine left out; nil if there is none. It
// takes a goroutine profile, which does not stop the world but for some ten
// microseconds.
func stackOf(label string) []frame {
	var text bytes.Buffer
	if pprof.Lookup("goroutine").WriteTo(&text, 1) != nil {
		return nil
	}
	return findStack(text.String(), label)
}

// findStack reads the text of a goroutine profile:
//
//	1 @ 0x47e5ce 0x40a1d0
//	# labels: {"singleflight":"catalog/17"}
//	#	0x4a2a1b	main.fetch+0x1b	/src/main.go:12
//
// Goroutines that a load has started have its label too: it is the one that ends
// in this package.
func findStack(text, label string) []frame {
	want := fmt.Sprintf("%q:%q", labelKey, label)
	for sample := range strings.SplitSeq(text, "\n\n") {
		head, rest, ok := strings.Cut(sample, "# labels: ")
		labels, calls, _ := strings.Cut(rest, "\n")
		if !ok || strings.Contains(head, "#") || !strings.Contains(labels, want) {
			continue
		}
		if frames, isLoad := userFrames(calls); isLoad {
			return frames
		}
	}
	return nil
}

// userFrames returns the calls above the first one of this package, and whether
// there is one.
func userFrames(calls string) (frames []frame, isLoad bool) {
	for line := range strings.Lines(calls) {
		f, ok := parseFrame(line)
		switch {
		case !ok:
		case strings.HasPrefix(f.function, ours+".(*load["):
			return frames, true
		default:
			frames = append(frames, f)
		}
	}
	return frames, false
}

// parseFrame reads "#	0x4a2a1b	main.fetch+0x1b	/src/main.go:12".
func parseFrame(line string) (f frame, ok bool) {
	fields := strings.Split(strings.TrimSpace(line), "\t")
	if len(fields) < 4 || fields[0] != "#" {
		return frame{}, false
	}
	place := fields[len(fields)-1]
	at := strings.LastIndexByte(place, ':')
	if at < 0 {
		return frame{}, false
	}
	f.function, _, _ = strings.Cut(fields[2], "+0x")
	f.file = place[:at]
	f.line, _ = strconv.Atoi(place[at+1:])
	return f, f.function != ""
}

// culprit returns the innermost call that is not of the standard library, whose
// import paths have no dot in the first element, as that of main has none either.
func culprit(frames []frame) frame {
	for _, f := range frames {
		first, _, _ := strings.Cut(f.function, "/")
		if strings.HasPrefix(f.function, "main.") || first != f.function && strings.Contains(first, ".") {
			return f
		}
	}
	return frames[0]
}

// short returns the function without the directories of its package.
func (f frame) short() string { return path.Base(f.function) }
