package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/govitals/govitals/eventloop/stalltrace"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// stallSchema names the form of the output in JSON.
const stallSchema = "govitals.culprits/v1"

// named is the output in JSON.
type named struct {
	Schema   string            `json:"schema"`
	Culprits []finding.Culprit `json:"culprits"`
}

// stall names who is to blame for the stall in a trace.
func stall(args []string, s streams) (int, error) {
	flags := flag.NewFlagSet("govitals stall", flag.ContinueOnError)
	flags.SetOutput(s.err)
	asJSON := flags.Bool("json", false, "write JSON")
	if err := flags.Parse(args); err != nil {
		return exitUnsure, err
	}
	if flags.NArg() != 1 {
		return exitUnsure, errors.New("stall needs one FILE, or - for standard input")
	}
	from, err := open(flags.Arg(0), s.in)
	if err != nil {
		return exitUnsure, err
	}
	defer from.Close()
	culprits, err := stalltrace.Name(from)
	if err != nil {
		return exitUnsure, fmt.Errorf("%s: %w", flags.Arg(0), err)
	}
	code := exitYes
	if len(culprits) == 0 {
		code = exitNo
	}
	if *asJSON {
		return code, writeJSON(s.out, culprits)
	}
	return code, writeText(s.out, culprits)
}

func open(name string, in io.Reader) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(in), nil
	}
	return os.Open(name)
}

func writeJSON(to io.Writer, culprits []finding.Culprit) error {
	if culprits == nil {
		culprits = []finding.Culprit{}
	}
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	return encoder.Encode(named{stallSchema, culprits})
}

func writeText(to io.Writer, culprits []finding.Culprit) error {
	if len(culprits) == 0 {
		_, err := fmt.Fprintln(to, "There is no stall in the trace: nothing had to wait for 5 ms.")
		return err
	}
	for _, c := range culprits {
		place := ""
		if c.File != "" {
			place = fmt.Sprintf("  %s:%d", text.Clean(c.File, maxFault), c.Line)
		}
		if _, err := fmt.Fprintf(to, "%4.0f %%  %s%s\n", 100*c.Share, text.Clean(c.Name, maxFault), place); err != nil {
			return err
		}
	}
	return nil
}
