package judge

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Form is how a program is put before a detector.
type Form string

// The forms.
const (
	// Once is the first run of the program.
	Once Form = "once"
	// Warm is its second run: what it makes once is there already.
	Warm Form = "warm"
	// Repeated is for detectors that run it often themselves.
	Repeated Form = "repeated"
)

// Result is what a detector said, and the truth.
type Result struct {
	// Flagged reports whether the detector complained.
	Flagged bool
	// Text is its complaint, of which a part is kept.
	Text string
	// IDs are the goroutines that it names, if it does.
	IDs []uint64
	// Took is what it took, from its beginning to the run and from the end of
	// the run on.
	Took time.Duration
	// Left are the goroutines that the run left behind and that are still there
	// a second after the detector has spoken, if that is later than Settled.
	Left []uint64
	// Gone is how many of IDs are not among Left: they ended by themselves.
	Gone int
}

// Settled is how long after the run the truth is looked at, at the earliest.
const Settled = 2 * time.Second

// Main is the main function of a corpus. Its arguments are the name of a
// detector, a form and the name of a program, or -list. It prints a Result.
func Main(programs map[string]func()) {
	if len(os.Args) == 2 && os.Args[1] == "-list" {
		printJSON(os.Stdout, sortedNames(programs))
		return
	}
	if len(os.Args) != 4 || programs[os.Args[3]] == nil || detectors[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: -list, or a detector, a form and the name of a program")
		os.Exit(2)
	}
	out := silence()
	printJSON(out, judge(detectors[os.Args[1]], Form(os.Args[2]), programs[os.Args[3]]))
}

func sortedNames(programs map[string]func()) (names []string) {
	for name := range programs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// silence keeps what programs print apart from the result.
func silence() (out *os.File) {
	out = os.Stdout
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	os.Stdout, os.Stderr = null, null
	return out
}

func printJSON(out *os.File, v any) {
	if err := json.NewEncoder(out).Encode(v); err != nil {
		panic(err)
	}
}

func judge(d detector, form Form, program func()) (r Result) {
	if form == Warm {
		run(program)
	}
	before := goroutines()
	start := time.Now()
	c := d(program)
	r.Took = time.Since(start)
	if form != Repeated {
		run(program)
	}
	ended := time.Now()
	r.Flagged, r.Text, r.IDs = c()
	r.Took += time.Since(ended)
	time.Sleep(max(time.Second, time.Until(ended.Add(Settled))))
	r.Left = without(goroutines(), before)
	r.Gone = len(without(r.IDs, r.Left))
	r.Text = r.Text[:min(len(r.Text), 4<<10)]
	return r
}

// run runs a program. Those that want the goroutine leak profile panic at their
// end in a build without it.
func run(program func()) {
	defer func() { _ = recover() }()
	program()
}

func without(ids, others []uint64) []uint64 {
	return slices.DeleteFunc(slices.Clone(ids), func(id uint64) bool { return slices.Contains(others, id) })
}

// goroutines returns the ids of all but the one that calls, and but the loop of
// os/signal, which nobody can end.
func goroutines() (ids []uint64) {
	buffer := make([]byte, 64<<20)
	all := strings.Split(string(buffer[:runtime.Stack(buffer, true)]), "\n\n")
	for _, g := range all[1:] { // the caller is the first
		if !strings.Contains(g, "created by os/signal.") {
			ids = append(ids, find(header, g)...)
		}
	}
	return ids
}
