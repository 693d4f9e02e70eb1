// Govitals asks a process that carries the library of that name, or looks at what it
// left behind. It is installed from a clone:
//
//	cd cmd/govitals && go install .
//
// Then
//
//	govitals report http://127.0.0.1:8080
//
// prints the report of a process, or one that was saved as JSON, the verdict first. It
// ends with 0 if nothing is wrong, also where it is too early to judge growth; with 1 if
// something is wrong; and with 2 if that is not known: something cannot be read, the
// process cannot be asked, or its state is one that this release does not know.
//
//	govitals compare http://canary:8080 http://stable:8080
//	govitals compare after.json before.json
//	govitals compare --prometheus http://prometheus:9090 --canary 'track="canary"' --stable 'track!="canary"'
//
// says whether one process does worse than another, at the same age and for as many
// requests, and in what. It ends with 0 if not, with 1 if it does, and with 2 if that
// cannot be told yet.
//
//	govitals stall [--json] FILE
//
// names who is to blame for the longest stall in an execution trace: one that
// eventloop.Capture wrote, or any other. With - it reads standard input. It ends with
// 0 if it named somebody, with 1 if there is no stall in the trace, and with 2 if it
// could not tell.
//
// A token comes from the environment, GOVITALS_TOKEN for the pages of a process and
// GOVITALS_PROMETHEUS_TOKEN for Prometheus, or from the file of --token-file.
//
// # Cost
//
// For stall some 10 ms for a trace of 100 KB, 0.3 s for one of 10 MB; at most 64 MiB
// are read. A report costs the process that is asked some milliseconds; of one at most
// 16 MiB are read. With --prometheus two dozen queries for each side.
//
// # What it cannot see
//
// What packages stalltrace and internal/compare cannot see: whether a thread had a
// processor; what machines differ in. Through Prometheus it knows neither where memory
// is allocated nor where goroutines are started, and latencies only as exact as the
// buckets that it keeps: the classic ones are a factor of two apart.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/govitals/govitals/internal/text"
)

// maxFault is the most that an error may say: parts of it come from others.
const maxFault = 1000

// What the program ends with: each command answers a question. Is all well, is the
// canary no worse, is there somebody to blame?
const (
	exitYes    = 0
	exitNo     = 1
	exitUnsure = 2 // and whatever goes wrong
)

// streams are where the program reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// command is one thing that the program can do.
type command struct {
	name, usage, about string
	run                func(args []string, s streams) (int, error)
}

var commands = []command{
	{"report", "report URL|FILE", "print the report of a process, the verdict first", report},
	{"compare", "compare CANARY STABLE", "say whether one process does worse than another; see compare --help for Prometheus", compareSides},
	{"stall", "stall [--json] FILE", "name who is to blame for a stall, from an execution trace", stall},
}

func main() {
	os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run returns the exit code.
func run(args []string, s streams) int {
	if len(args) == 0 {
		usage(s.err)
		return exitUnsure
	}
	if args[0] == "help" || args[0] == "-h" || args[0] == "--help" || args[0] == "-help" {
		usage(s.out)
		return exitYes
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.start(args[1:], s)
		}
	}
	fmt.Fprintf(s.err, "govitals: there is no command %q\n", args[0])
	usage(s.err)
	return exitUnsure
}

func (c command) start(args []string, s streams) int {
	code, err := c.run(args, s)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitYes
	case err != nil:
		fmt.Fprintln(s.err, "govitals:", text.Clean(err.Error(), maxFault))
		return exitUnsure
	}
	return code
}

func usage(to io.Writer) {
	fmt.Fprintln(to, "usage:")
	for _, c := range commands {
		fmt.Fprintf(to, "  govitals %-24s %s\n", c.usage, c.about)
	}
}
