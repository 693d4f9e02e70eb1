package stacks

import "runtime"

// bytesEach is how much text a goroutine takes: 430 B with five calls.
const bytesEach = 500

// MaxDump bounds the memory of a [Dump].
const MaxDump = 64 << 20

// Dump returns the text of all goroutines. The world stands still meanwhile,
// which takes 4 to 30 µs for each of them however small the buffer is: hence a
// single call into a buffer that is large enough for most programs, in place
// of growing it call by call. What does not fit is missing at the end.
func Dump() string {
	buffer := make([]byte, min(MaxDump, 64<<10+bytesEach*3/2*runtime.NumGoroutine()))
	return string(buffer[:runtime.Stack(buffer, true)])
}
