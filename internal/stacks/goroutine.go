package stacks

import (
	"slices"
	"strconv"
)

// Goroutine is one goroutine of a dump. Its strings are parts of the dump and
// keep it in memory: copy what is to stay with strings.Clone.
type Goroutine struct {
	// ID is never used again for another goroutine of the process.
	ID uint64
	// State is what it does or waits for, as the runtime words it: "running",
	// "chan receive", "select", "IO wait", "chan send (nil chan)".
	State string
	// Minutes is how long it has waited, 0 if that is not known or below one.
	Minutes int
	// Leaked means that the goroutine leak profile proved it blocked for ever.
	Leaked bool
	// Durable means that only its synctest bubble can wake it up.
	Durable bool
	// Bubble is the number of its synctest bubble, 0 if it is in none.
	Bubble int
	// Labels are its pprof labels, printed with GODEBUG=tracebacklabels=1.
	Labels []Label
	// Frames are its calls, the innermost first. In a deep stack those in the middle
	// are missing.
	Frames []Frame
	// CreatedBy is the go statement. Its Func is "" for the main goroutine.
	CreatedBy Frame
	// Parent is the goroutine that started it, 0 if not printed (before
	// Go 1.21).
	Parent uint64
	// Text is all that the dump says about it.
	Text string
}

// Label is a pprof label: a Key and its Value.
type Label struct{ Key, Value string }

// Frame is a call.
type Frame struct {
	// Func is the full name of the function: "net/http.(*conn).serve".
	Func string
	// File is the source file, "" if not printed, as for C functions.
	File string
	// Line is the line in File, 0 if not printed.
	Line int
}

// At returns the place as "file:line", "" if it is not known.
func (f Frame) At() string {
	if f.File == "" {
		return ""
	}
	return f.File + ":" + strconv.Itoa(f.Line)
}

// String returns the function and the place: "main.serve at /src/main.go:12".
func (f Frame) String() string {
	if f.File == "" {
		return f.Func
	}
	return f.Func + " at " + f.At()
}

// Clone returns a copy that does not change when the iteration goes on.
func (g *Goroutine) Clone() *Goroutine {
	c := *g
	c.Frames, c.Labels = slices.Clone(g.Frames), slices.Clone(g.Labels)
	return &c
}

// Entry returns the outermost call, which is the function that was started.
// It is zero where no frame was printed.
func (g *Goroutine) Entry() Frame {
	if len(g.Frames) == 0 {
		return Frame{}
	}
	return g.Frames[len(g.Frames)-1]
}
