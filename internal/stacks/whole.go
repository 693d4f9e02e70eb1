package stacks

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// Whole returns the text of all goroutines and how many there are, or why that
// is not known. It asks again with more room, up to [MaxDump], and unlike [Dump]
// it proves that [All] will read every goroutine of the text: for those who draw
// a conclusion from a goroutine that is not there.
func Whole() (dump string, n int, err error) {
	size := min(MaxDump, 64<<10+bytesEach*3/2*runtime.NumGoroutine())
	for {
		buffer := make([]byte, size)
		used := runtime.Stack(buffer, true)
		switch {
		case used < size:
			dump = string(buffer[:used])
			n, err = Count(dump)
			return dump, n, err
		case size == MaxDump:
			return "", 0, fmt.Errorf("the stacks of %d goroutines take more than %d MiB, which is as much as is read: have fewer goroutines meanwhile",
				runtime.NumGoroutine(), MaxDump>>20)
		}
		size = min(MaxDump, 4*size)
	}
}

// Count returns how many goroutines a whole dump holds, or an error if there is
// a part of it that [All] would pass over.
func Count(dump string) (n int, err error) {
	for block := range strings.SplitSeq(strings.TrimRight(dump, "\n"), "\n\n") {
		head, _ := cutLine(block)
		if !isHead(head) {
			return 0, fmt.Errorf("the dump of the goroutines has a part of unknown form, beginning with %q: use a release of govitals that knows %s",
				shorten(head), runtime.Version())
		}
		n++
	}
	return n, nil
}

func shorten(line string) string {
	const most = 80
	if len(line) > most {
		return line[:most] + "…"
	}
	return line
}

// ErrNoSelf is what [Self] returns if the runtime words a head in an unknown way.
var ErrNoSelf = errors.New("the stack of a goroutine has an unknown form: use a release of govitals that knows " + runtime.Version())

// Self returns the id of the goroutine that calls, and the number of its
// synctest bubble, 0 if it is in none. It takes 1 to 2 µs, and more on a deep
// stack, which the runtime walks whatever the room.
func Self() (id uint64, bubble int, err error) {
	var buffer [128]byte
	head, _ := cutLine(string(buffer[:runtime.Stack(buffer[:], false)]))
	var g Goroutine
	if !g.parseHead(head) {
		return selfCut(head)
	}
	return g.ID, g.Bubble, nil
}

// selfCut reads a head that is longer than the room, as labels make it.
func selfCut(head string) (id uint64, bubble int, err error) {
	head, _, _ = strings.Cut(head, labelsMark)
	var g Goroutine
	if !g.parseHead(head + "]:") {
		return 0, 0, ErrNoSelf
	}
	return g.ID, g.Bubble, nil
}
