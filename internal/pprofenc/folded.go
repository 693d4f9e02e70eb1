package pprofenc

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"unicode"
)

// Stacks yields the function names of each stack, the outermost first, and its
// value of one sample type; "" is the default type. The slice is reused. Where a
// function is not known its address stands in. Samples that have too few or
// too many values are left out.
func (p Profile) Stacks(sampleType string) (iter.Seq2[[]string, int64], error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	index, err := p.typeIndex(sampleType)
	if err != nil {
		return nil, fmt.Errorf("pprofenc: %w", err)
	}
	return func(yield func([]string, int64) bool) {
		symbols := newSymbols()
		var names []string
		for s := range p.samples() {
			if len(s.Values) != len(p.SampleTypes) {
				continue
			}
			names = symbols.names(names[:0], s.Stack, p.HideRuntime)
			if !yield(names, s.Values[index]) {
				return
			}
		}
	}, nil
}

// names appends the function names of a stack, the outermost first.
func (s *symbols) names(names []string, stack []uintptr, hideRuntime bool) []string {
	for rest := s.stack(stack, hideRuntime); len(rest) > 0; {
		var at *place
		at, rest = s.next(rest)
		for _, f := range s.frames[at.from:at.to] {
			names = append(names, f.function)
		}
	}
	slices.Reverse(names)
	return names
}

// Folded writes a line for each sample of p that has a value of the sample type
// other than 0: "main.main;main.load;json.Unmarshal 4096". It is the format of
// flamegraph.pl and speedscope, but for the sign of values, which they do not
// expect. A stack may come several times; its readers add them up. It stops when
// ctx ends.
func Folded(ctx context.Context, w io.Writer, p Profile, sampleType string) error {
	stacks, err := p.Stacks(sampleType)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, pieces)
	var line []byte
	n := 0
	for names, value := range stacks {
		if n++; n%checkEvery == 1 && ctx.Err() != nil {
			return ctx.Err()
		}
		if value == 0 {
			continue
		}
		line = append(appendFolded(line[:0], names), ' ')
		line = append(strconv.AppendInt(line, value, 10), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

func appendFolded(line []byte, names []string) []byte {
	if len(names) == 0 {
		return append(line, "[no stack]"...)
	}
	for i, name := range names {
		if i > 0 {
			line = append(line, ';')
		}
		for _, c := range name {
			line = appendEscaped(line, c)
		}
	}
	return line
}

// appendEscaped replaces what would end a name or a line.
func appendEscaped(line []byte, c rune) []byte {
	switch {
	case c == ';':
		return append(line, ':')
	case unicode.IsControl(c), c == '\u2028', c == '\u2029':
		return append(line, ' ')
	}
	return append(line, string(c)...)
}
