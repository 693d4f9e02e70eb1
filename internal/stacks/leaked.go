package stacks

import (
	"bytes"
	"runtime/pprof"
	"strconv"
	"strings"
)

// CanProve reports whether the program is built with the goroutine leak
// profile (GOEXPERIMENT=goroutineleakprofile in Go 1.26).
func CanProve() bool { return pprof.Lookup("goroutineleak") != nil }

// Proven returns how many goroutines of each site the garbage collector proves
// to be blocked for ever, nil without [CanProve]. It runs a collection, which
// stops the world for 0.1 to 1.3 µs for each goroutine.
func Proven() map[Site]int {
	profile := pprof.Lookup("goroutineleak")
	if profile == nil {
		return nil
	}
	var text bytes.Buffer
	if err := profile.WriteTo(&text, 1); err != nil {
		return nil
	}
	return parseProven(text.String())
}

// parseProven reads the lines "3 @ 0x484bae 0x41812e …" of the text form.
func parseProven(text string) map[Site]int {
	proven := make(map[Site]int)
	for line := range strings.Lines(text) {
		count, addresses, ok := strings.Cut(line, " @ ")
		n, err := strconv.Atoi(count)
		if !ok || err != nil || n <= 0 {
			continue
		}
		if stack := parseAddresses(addresses); len(stack) > 0 && len(proven) < MaxSites {
			proven[siteOf(stack, len(stack) >= maxFrames-1)] += n // runtime.goexit is not listed
		}
	}
	return proven
}

func parseAddresses(text string) (stack []uintptr) {
	for field := range strings.FieldsSeq(text) {
		pc, err := strconv.ParseUint(field, 0, strconv.IntSize)
		if err != nil {
			return nil
		}
		stack = append(stack, uintptr(pc))
	}
	return stack
}
