package stacks

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// Whole returns the text of all goroutines and how many there are, or why that
// is not known. Unlike [Dump] it proves that [All] will read every goroutine of
// the text: for those who draw a conclusion from a goroutine that is not there.
func Whole() (dump string, n int, err error) {
	dump, _, whole := new(Dumper).Dump()
	if !whole {
		return "", 0, fmt.Errorf("the stacks of %d goroutines take more than %d MiB, which is as much as is read: have fewer goroutines meanwhile",
			runtime.NumGoroutine(), MaxDump>>20)
	}
	if n, err = count(dump); err != nil {
		return "", 0, err
	}
	return dump, n, nil
}

// count returns how many goroutines a whole dump holds, or an error if there is
// a part of it that [All] would pass over.
func count(dump string) (n int, err error) {
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

// errNoSelf is what [Self] returns if the runtime words a head in an unknown way.
var errNoSelf = errors.New("the stack of a goroutine has an unknown form: use a release of govitals that knows " + runtime.Version())

// Self returns the id of the goroutine that calls, and the number of its
// synctest bubble, 0 if it is in none. It takes 1 to 2 µs, and more on a deep
// stack, which the runtime walks whatever the room.
func Self() (id uint64, bubble int, err error) {
	var buffer [128]byte
	head, _ := cutLine(string(buffer[:runtime.Stack(buffer[:], false)]))
	return parseSelf(head)
}

// parseSelf reads a head that may be longer than the room, as labels make it.
func parseSelf(head string) (id uint64, bubble int, err error) {
	var g Goroutine
	short, _, _ := strings.Cut(head, labelsMark)
	if !g.parseHead(head) && !g.parseHead(short+"]:") {
		return 0, 0, errNoSelf
	}
	return g.ID, g.Bubble, nil
}
