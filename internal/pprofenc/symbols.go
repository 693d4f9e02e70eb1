package pprofenc

import (
	"runtime"
	"strconv"
	"strings"
)

// symbols turns program counters into frames, each program counter once. It
// grows with the distinct program counters that it is asked for.
type symbols struct {
	byPC   map[uintptr]int32 // index in places
	places []place
	frames []frame // of all places
}

// place is what a program counter stands for: a call, and around it the calls
// that the compiler inlined.
type place struct {
	from, to int32  // frames[from:to], the innermost first; none for runtime.goexit
	runtime  bool   // the function is the runtime's
	location uint64 // its ID in the profile, 0 before it is written
}

// frame is a function and the line at which it calls the next one.
type frame struct {
	pc       uintptr // of the call, not of the return
	function string
	file     string
	line     int
	known    bool // function comes from the symbol table
}

func newSymbols() symbols { return symbols{byPC: map[uintptr]int32{}} }

// stack cuts a stack at its first 0 and, if asked to, takes the runtime's frames
// off its inner end.
func (s *symbols) stack(pcs []uintptr, hideRuntime bool) []uintptr {
	for i, pc := range pcs {
		if pc == 0 {
			pcs = pcs[:i]
			break
		}
	}
	if !hideRuntime {
		return pcs
	}
	for i, pc := range pcs {
		if !s.at(pc).runtime {
			return pcs[i:]
		}
	}
	return pcs
}

// next returns the place that a stack begins with, and the rest of the stack. A
// traceback has a program counter of its own for each inlined call, but they
// are one place: the rest begins after those that are there. The last one of a
// stack that was cut off may lack some.
func (s *symbols) next(stack []uintptr) (*place, []uintptr) {
	at, rest := s.at(stack[0]), stack[1:]
	if at.to-at.from < 2 {
		return at, rest
	}
	for _, outer := range s.frames[at.from+1 : at.to] {
		if len(rest) == 0 || rest[0] != outer.pc+1 {
			break
		}
		rest = rest[1:]
	}
	return at, rest
}

// at returns the place of a program counter. It is valid until the next call.
func (s *symbols) at(pc uintptr) *place {
	index, ok := s.byPC[pc]
	if !ok {
		index = int32(len(s.places))
		s.byPC[pc] = index
		s.places = append(s.places, s.symbolise(pc))
	}
	return &s.places[index]
}

// symbolise appends the frames of a program counter.
func (s *symbols) symbolise(pc uintptr) place {
	at := place{from: int32(len(s.frames))}
	if f := runtime.FuncForPC(pc); f == nil {
		s.foreign(pc)
	} else {
		s.expand(pc)
		at.runtime = isRuntime(f.Name())
	}
	at.to = int32(len(s.frames))
	return at
}

// isRuntime and the program counter that it is asked about are those of
// runtime/pprof/protomem.go, so that both blame the same function. As that is
// the address of the return, an inlined caller is now and then taken for what it
// calls and hidden with it.
func isRuntime(name string) bool {
	return strings.HasPrefix(name, "runtime.") || strings.HasPrefix(name, "internal/runtime/")
}

// expand appends the frames of a program counter in Go code. CallersFrames does
// not add the inlined calls around the last program counter that it is given
// (runtime/symtab.go), so it is given the same one twice, and the single frame
// of the second is left out.
func (s *symbols) expand(pc uintptr) {
	twice := [2]uintptr{pc, pc}
	frames := runtime.CallersFrames(twice[:])
	for f, more := frames.Next(); more && f.Function != "runtime.goexit"; f, more = frames.Next() {
		s.add(f, pc)
	}
}

// foreign appends the frames of a program counter outside Go code: those that a
// cgo symboliser knows, or its address alone.
func (s *symbols) foreign(pc uintptr) {
	frames := runtime.CallersFrames([]uintptr{pc})
	for f, more := frames.Next(); ; f, more = frames.Next() {
		s.add(f, pc)
		if !more {
			return
		}
	}
}

func (s *symbols) add(f runtime.Frame, pc uintptr) {
	added := frame{pc: f.PC, function: f.Function, file: f.File, line: f.Line, known: f.Function != ""}
	if added.pc == 0 {
		added.pc = pc - 1
	}
	if !added.known {
		added.function = "0x" + strconv.FormatUint(uint64(added.pc), 16)
	}
	s.frames = append(s.frames, added)
}
