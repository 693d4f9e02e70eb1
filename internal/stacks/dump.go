package stacks

import (
	"runtime"
	"time"
)

// bytesEach is how much text a goroutine takes: 430 B with five calls.
const bytesEach = 500

// MaxDump bounds the memory of a dump.
const MaxDump = 64 << 20

// Dump returns the text of all goroutines, up to [MaxDump]. What does not fit is
// missing at the end.
func Dump() string {
	var d Dumper
	text, _, _ := d.Dump()
	return text
}

// Dumper takes dumps and remembers how much room a goroutine needs: deep stacks take
// ten times that of others. The zero value is ready. It is not safe for concurrent use.
type Dumper struct{ each int64 }

// Dump returns the text of all goroutines, for how long the world stood still, and
// whether the text is whole. The stop takes 4 to 30 µs for each of them however small
// the buffer is: hence a buffer that is large enough for most programs. Where it is
// not, the world is stopped again, and pause is the longest of these stops; the next
// dump then has the room at once.
func (d *Dumper) Dump() (text string, pause time.Duration, whole bool) {
	d.each = max(d.each, bytesEach)
	for {
		n := int64(runtime.NumGoroutine())
		size := min(MaxDump, 64<<10+d.each*3/2*n)
		buffer := make([]byte, size)
		begin := time.Now()
		used := int64(runtime.Stack(buffer, true))
		pause = max(pause, time.Since(begin))
		switch whole = used < size; {
		case whole:
			d.each = used / n
			return string(buffer[:used]), pause, true
		case size == MaxDump:
			return string(buffer[:used]), pause, false
		}
		d.each *= 4
	}
}
