package eventloop

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"
)

// A trace consists of a header and of generations, about a second each, that can be
// read by themselves. A generation consists of batches and a mark of its end, and one
// batch, early in it, says what time it is (GOROOT/src/internal/trace/tracev2 and
// traceSyncBatch in GOROOT/src/runtime/tracetime.go).
const (
	traceHeader = 16

	// These are numbers of events.
	batchEvent     = 1
	frequencyEvent = 8
	foreignBatch   = 49 // a batch of an experiment
	syncEvent      = 50
	clockEvent     = 51
	endEvent       = 52 // of a generation
)

// between returns a trace without the generations that were over at a time, most often
// two of three, and those that began after another. What cannot be understood is
// returned whole.
func between(trace []byte, from, to time.Time) []byte {
	if len(trace) < traceHeader {
		return trace
	}
	first, end := traceHeader, len(trace)
	for at := traceHeader; at < len(trace); {
		length, began, err := cutGeneration(trace[at:])
		switch {
		case err != nil:
			return trace
		case began.IsZero():
		case !began.After(from):
			first, end = at, len(trace)
		case began.After(to) && at > first:
			end = min(end, at)
		}
		at += length
	}
	return append(trace[:traceHeader], trace[first:end]...)
}

// onTheWall returns what the wall clock as it goes now said at a time. A Probe adds to
// the time at which it was made, so a clock that was set since is not in its times; a
// trace has the clock of its own moment.
func onTheWall(at time.Time) time.Time { return time.Now().Round(0).Add(-time.Since(at)) }

// errTrace says that a trace is not of the form that is known here.
var errTrace = errors.New("eventloop: a trace of an unknown form")

// cutGeneration returns the length of the generation that a trace begins with, and when
// that began, the zero time if it does not say.
func cutGeneration(trace []byte) (length int, began time.Time, err error) {
	for rest := trace; len(rest) > 0; {
		if rest[0] == endEvent {
			return len(trace) - len(rest) + 1, began, nil
		}
		var content []byte
		if content, rest, err = cutBatch(rest); err != nil {
			return 0, began, err
		}
		if at := clockOf(content); !at.IsZero() {
			began = at
		}
	}
	return len(trace), began, nil // the last one may have no mark
}

// cutBatch returns the content of the batch that a trace begins with, and what follows.
func cutBatch(trace []byte) (content, rest []byte, err error) {
	switch {
	case trace[0] == batchEvent:
		trace = trace[1:]
	case trace[0] == foreignBatch && len(trace) > 1:
		trace = trace[2:]
	default:
		return nil, nil, errTrace
	}
	var head [4]uint64 // generation, thread, time, length
	if trace, err = cutNumbers(trace, head[:]); err != nil || head[3] > uint64(len(trace)) {
		return nil, nil, errTrace
	}
	return trace[:head[3]], trace[head[3]:], nil
}

// clockOf returns the time that a batch tells, the zero time if it is another batch.
func clockOf(batch []byte) time.Time {
	var frequency [1]uint64
	rest, found := bytes.CutPrefix(batch, []byte{syncEvent, frequencyEvent})
	rest, err := cutNumbers(rest, frequency[:])
	if !found || err != nil || len(rest) == 0 || rest[0] != clockEvent {
		return time.Time{}
	}
	var clocks [4]uint64 // of the trace, monotonic, seconds and nanoseconds of the wall
	if _, err := cutNumbers(rest[1:], clocks[:]); err != nil {
		return time.Time{}
	}
	return time.Unix(int64(clocks[2]), int64(clocks[3]))
}

// cutNumbers reads as many numbers as there is room for, and returns what follows.
func cutNumbers(from []byte, numbers []uint64) (rest []byte, err error) {
	for i := range numbers {
		n := 0
		if numbers[i], n = binary.Uvarint(from); n <= 0 {
			return nil, errTrace
		}
		from = from[n:]
	}
	return from, nil
}
