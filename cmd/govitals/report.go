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

// report prints the report of a process.
func report(args []string, s streams) (int, error) {
	flags := flag.NewFlagSet("govitals report", flag.ContinueOnError)
	flags.SetOutput(s.err)
	tokenFile := flags.String("token-file", "", "read the token from a `FILE` instead of "+process.variable)
	if err := flags.Parse(args); err != nil {
		return exitUnsure, err
	}
	if flags.NArg() != 1 {
		return exitUnsure, errors.New("report needs one URL or FILE, or - for standard input, after all flags")
	}
	asker, err := newClient(*tokenFile, process)
	if err != nil {
		return exitUnsure, err
	}
	r, word, err := asker.report(context.Background(), flags.Arg(0), s.in)
	if err != nil {
		return exitUnsure, fmt.Errorf("%s: %w", shownPlace(flags.Arg(0)), err)
	}
	return isWell(r.State), errors.Join(printReport(s.out, r), strange(word))
}

// isWell says no from growth on. What cannot be read is not well either, as somebody has
// to mend it; that it is too early ends by itself.
func isWell(s finding.State) int {
	switch {
	case s.Worse(finding.Unknown):
		return exitNo
	case s == finding.Unknown:
		return exitUnsure
	}
	return exitYes
}

// strange is an error for the word of a state that a newer release has added.
func strange(word string) error {
	if new(finding.State).UnmarshalText([]byte(word)) == nil {
		return nil
	}
	return fmt.Errorf("its state is %.60q, which this command does not know: use the command of the same release as the library in the service", word)
}

// report returns a report and the word for its state, as it is written there.
func (c client) report(ctx context.Context, place string, in io.Reader) (r vitals.Report, state string, err error) {
	content, err := c.load(ctx, place, in)
	if err != nil {
		return r, "", err
	}
	side, err := compare.Decode(content) // which says what it is, if it is no report
	if err != nil {
		return r, "", err
	}
	r, err = vitals.ReadReport(bytes.NewReader(content))
	return r, side.State, err
}

// printReport puts colour into what is fit to be shown already: the opening words of
// the verdict, and the state that a finding begins with.
func printReport(to io.Writer, r vitals.Report) error {
	p := painting(to)
	lines := strings.Split(r.String(), "\n")
	lines[0] = p.opening(colourOf(r.State), lines[0])
	for i, line := range lines[1:] {
		word, _, _ := strings.Cut(line, " ")
		var state finding.State
		if state.UnmarshalText([]byte(word)) == nil {
			lines[i+1] = p.in(colourOf(state), word) + line[len(word):]
		}
	}
	_, err := io.WriteString(to, strings.Join(lines, "\n"))
	return err
}
