package memprof

import (
	"runtime"
	"strings"
)

// Frame is one function call of a stack.
type Frame struct {
	// Func is the full name of the function, with its import path.
	Func string
	// File and Line are where the call stands.
	File string
	Line int
}

// Frames looks up a stack in the symbol table, leaf first. Calls that the
// compiler inlined are frames of their own.
func Frames(stack []uintptr) []Frame {
	frames := make([]Frame, 0, len(stack))
	walk(stack, func(f Frame) bool {
		frames = append(frames, f)
		return true
	})
	return frames
}

// walk calls visit with each frame, leaf first, until it returns false.
func walk(stack []uintptr, visit func(Frame) bool) {
	if len(stack) == 0 {
		return
	}
	for frames := runtime.CallersFrames(stack); ; {
		f, more := frames.Next()
		if f.Function != "" && !visit(Frame{Func: f.Function, File: f.File, Line: f.Line}) || !more {
			return
		}
	}
}

// Owner returns the frame to blame for an allocation: the first one, from the
// leaf, that is neither of the runtime nor of the standard library. Where there
// is none, as in a goroutine that the standard library started, it is the
// outermost frame that is not of the runtime; and where all are, the outermost
// one that says what the runtime was doing, such as runtime.newproc.func1 for
// the making of a goroutine. It is the zero Frame if the stack cannot be looked
// up.
func Owner(stack []uintptr) Frame {
	var owner Frame
	walk(stack, func(f Frame) bool {
		standard := isStandard(f.Func, f.File)
		onlyRuntime := owner.Func == "" || isRuntime(owner.Func) && !isTrampoline(f.Func)
		if !standard || !isRuntime(f.Func) || onlyRuntime {
			owner = f
		}
		return standard
	})
	return owner
}

func isRuntime(function string) bool {
	return strings.HasPrefix(function, "runtime.") || strings.HasPrefix(function, "internal/runtime/")
}

// isTrampoline reports whether a function of the runtime only switches stacks or
// begins a thread or goroutine: it is the outermost frame of whatever it calls.
func isTrampoline(function string) bool {
	switch function {
	case "runtime.systemstack", "runtime.mcall", "runtime.goexit", "runtime.mstart", "runtime.mstart0", "runtime.mstart1", "runtime.rt0_go":
		return true
	}
	return false
}

// ours is the import path of this library, and notOurs what of it a user would
// not take for the library.
const ours = "github.com/govitals/govitals/"

var notOurs = []string{ours + "examples/", ours + "benchmarks", ours + "cmd/"}

// IsOwn reports whether the frame is in the code of this library. Its tests and
// examples do not count.
func (f Frame) IsOwn() bool {
	if !strings.HasPrefix(f.Func, ours) || strings.HasSuffix(f.File, "_test.go") {
		return false
	}
	for _, prefix := range notOurs {
		if strings.HasPrefix(f.Func, prefix) {
			return false
		}
	}
	return true
}
