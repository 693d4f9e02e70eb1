package stalltrace

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"golang.org/x/exp/trace"

	"github.com/govitals/govitals/finding"
)

const (
	// maxBytes bounds how much of a trace is read.
	maxBytes = 64 << 20
	// firstMinor is the oldest release, Go 1.22, whose traces are read: those
	// before it had another format.
	firstMinor = 22
	// headBytes is the length of the header: "go 1.26 trace\x00\x00\x00".
	headBytes = 16
)

// ErrTooLarge says that a trace is longer than 64 MiB.
var ErrTooLarge = errors.New("stalltrace: the trace is longer than 64 MiB: record less with runtime/trace.FlightRecorderConfig.MaxBytes")

// Name returns what is to blame for the longest stall in an execution trace, the
// largest share first: at most 8. Where the world was stopped, the last is the stop
// itself, after whoever stopped it or kept it waiting. The garbage collector is one of
// them wherever it ran. If it took two fifths of the processors' time or more, it comes
// first, and then who ran beside it or had to help it, whose shares have that help in
// them as its own has; else it comes last, after who ran, as a quarter is what it takes
// by design. There are none if nothing in the trace had to wait for 5 ms. What is not a
// trace, or a damaged one, is an error.
func Name(from io.Reader) (culprits []finding.Culprit, err error) {
	defer func() { // golang.org/x/exp/trace indexes tables with what it reads
		if value := recover(); value != nil {
			culprits, err = nil, fmt.Errorf("stalltrace: the trace is damaged: %v", value)
		}
	}()
	input := bufio.NewReader(&limited{from: from, left: maxBytes})
	if err := checkHead(input); err != nil {
		return nil, err
	}
	record, err := read(input)
	if err != nil {
		return nil, err
	}
	return record.blame(), nil
}

// checkHead looks at the header and reads none of it.
func checkHead(input *bufio.Reader) error {
	head, err := input.Peek(headBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("stalltrace: read the trace: %w", err)
	}
	var minor int
	if _, err := fmt.Sscanf(string(head), "go 1.%d trace", &minor); err != nil {
		return errors.New("stalltrace: this is not an execution trace: give a file that runtime/trace or eventloop.Capture wrote")
	}
	if minor < firstMinor {
		return fmt.Errorf("stalltrace: the trace is of Go 1.%d: build the program with Go 1.%d or later", minor, firstMinor)
	}
	return nil
}

func read(input io.Reader) (*record, error) {
	reader, err := trace.NewReader(input)
	if err != nil {
		return nil, fmt.Errorf("stalltrace: read the trace: %w", err)
	}
	r := newRecord()
	for {
		event, err := reader.ReadEvent()
		switch {
		case errors.Is(err, io.EOF):
			if r.empty {
				return nil, errors.New("stalltrace: the trace is empty: record for a moment before it is written")
			}
			r.finish()
			return r, nil
		case err != nil:
			return nil, fmt.Errorf("stalltrace: read the trace: %w", err)
		}
		r.add(event)
	}
}

// limited fails where more would be read than it may.
type limited struct {
	from io.Reader
	left int64
}

// Read implements [io.Reader].
func (l *limited) Read(p []byte) (int, error) {
	if l.left == 0 {
		return 0, ErrTooLarge
	}
	n, err := l.from.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}
