// Govitals looks at what the library of that name left behind.
//
//	govitals stall [--json] FILE
//
// names who is to blame for the longest stall in an execution trace: one that
// eventloop.Capture wrote, or any other. With - it reads standard input. It ends with
// 0 if it named somebody, with 1 if there is no stall in the trace, and with 2 if it
// could not tell.
//
// # Cost
//
// Some 10 ms for a trace of 100 KB, 0.3 s for one of 10 MB; at most 64 MiB are read.
//
// # What it cannot see
//
// More than package stalltrace: whether a thread had a processor. The description
// beside the trace says what the kernel knew.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// What the program ends with.
const (
	exitNamed   = 0
	exitNothing = 1
	exitFault   = 2
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
	{"stall", "stall [--json] FILE", "name who is to blame for a stall, from an execution trace", stall},
}

func main() {
	os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run returns the exit code.
func run(args []string, s streams) int {
	if len(args) == 0 {
		usage(s.err)
		return exitFault
	}
	if args[0] == "help" || args[0] == "-h" || args[0] == "--help" || args[0] == "-help" {
		usage(s.out)
		return exitNamed
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.start(args[1:], s)
		}
	}
	fmt.Fprintf(s.err, "govitals: there is no command %q\n", args[0])
	usage(s.err)
	return exitFault
}

func (c command) start(args []string, s streams) int {
	code, err := c.run(args, s)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitNamed
	case err != nil:
		fmt.Fprintln(s.err, "govitals:", err)
		return exitFault
	}
	return code
}

func usage(to io.Writer) {
	fmt.Fprintln(to, "usage:")
	for _, c := range commands {
		fmt.Fprintf(to, "  govitals %-22s %s\n", c.usage, c.about)
	}
}
