package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/compare"
	"github.com/govitals/govitals/vitals"
)

// report prints the report of a process. It ends with 0 if all is well, and with 1 if
// something is wrong.
func report(args []string, s streams) (int, error) {
	flags := flag.NewFlagSet("govitals report", flag.ContinueOnError)
	flags.SetOutput(s.err)
	tokenFile := flags.String("token-file", "", "read the token from a `FILE` instead of "+tokenVariable)
	if err := flags.Parse(args); err != nil {
		return exitFault, err
	}
	if flags.NArg() != 1 {
		return exitFault, errors.New("report needs one URL or FILE, or - for standard input, after all flags")
	}
	asker, err := newClient(*tokenFile, tokenVariable)
	if err != nil {
		return exitFault, err
	}
	r, err := asker.report(context.Background(), flags.Arg(0), s.in)
	if err != nil {
		return exitFault, fmt.Errorf("%s: %w", shownPlace(flags.Arg(0)), err)
	}
	code := exitNamed
	if r.State.Worse(finding.Unknown) {
		code = exitNothing
	}
	return code, errors.Join(printReport(s.out, r.Report), r.strange())
}

// told is a report and the word for its state, which a newer release may have added.
type told struct {
	vitals.Report
	state string
}

// strange is an error if the state is not known here: that is not the same as well.
func (t told) strange() error {
	if new(finding.State).UnmarshalText([]byte(t.state)) == nil {
		return nil
	}
	return fmt.Errorf("its state is %.60q, which this command does not know: use the command of the same release as the library in the service", t.state)
}

func (c client) report(ctx context.Context, place string, in io.Reader) (t told, err error) {
	content, err := c.load(ctx, place, in)
	if err != nil {
		return t, err
	}
	side, err := compare.Decode(content)
	if err != nil {
		return t, err
	}
	t.state = side.State
	t.Report, err = vitals.ReadReport(bytes.NewReader(content))
	return t, err
}

// printReport puts colour into what is fit to be shown already: the opening words of
// the verdict, and the state that a finding begins with.
func printReport(to io.Writer, r vitals.Report) error {
	p := painting(to)
	lines := strings.Split(r.String(), "\n")
	if opening, rest, found := strings.Cut(lines[0], ". "); found {
		lines[0] = p.in(colourOf(r.State), opening+".") + " " + rest
	}
	states := map[string]finding.State{}
	for _, state := range finding.States() {
		states[state.String()] = state
	}
	for i, line := range lines[1:] {
		word, _, _ := strings.Cut(line, " ")
		if state, known := states[word]; known {
			lines[i+1] = p.word(colourOf(state), line)
		}
	}
	_, err := io.WriteString(to, strings.Join(lines, "\n"))
	return err
}
