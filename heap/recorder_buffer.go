package heap

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// fixedBuffer is memory that exists before it is needed. It never grows: what
// does not fit is cut.
type fixedBuffer struct {
	bytes []byte
	cut   bool
}

// noteRoom is what finish may add.
const noteRoom = 512

func newFixedBuffer(size int) *fixedBuffer {
	b := &fixedBuffer{bytes: make([]byte, size+noteRoom)}
	for at := 0; at < len(b.bytes); at += os.Getpagesize() {
		b.bytes[at] = 1 // fresh pages are backed by memory only once they are written
	}
	b.reset()
	return b
}

func (b *fixedBuffer) reset() { b.bytes, b.cut = b.bytes[:0], false }

// Write implements [io.Writer]. It never fails, since whoever writes a report
// could do nothing about it.
func (b *fixedBuffer) Write(p []byte) (int, error) {
	fits := min(len(p), cap(b.bytes)-noteRoom-len(b.bytes))
	b.bytes = append(b.bytes, p[:fits]...)
	b.cut = b.cut || fits < len(p)
	return len(p), nil
}

// finish adds why the text is not whole, if it is not.
func (b *fixedBuffer) finish(err error) {
	if b.cut {
		err = errors.Join(err, fmt.Errorf("it is longer than %d KiB", (cap(b.bytes)-noteRoom)>>10))
	}
	if err == nil && len(b.bytes) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		note := fmt.Sprintf("\n\n(The report ends here: %v.)\n", err)
		b.bytes = append(b.bytes, note[:min(len(note), cap(b.bytes)-len(b.bytes))]...)
	}
}

func (b *fixedBuffer) writeTo(w io.Writer) error {
	_, err := w.Write(b.bytes)
	return err
}
