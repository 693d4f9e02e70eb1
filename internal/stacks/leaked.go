package stacks

import (
	"bytes"
	"runtime/pprof"
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

// parseProven reads the samples of the text form. It names deep stacks as a [Profile]
// does, so that both know the same sites.
func parseProven(text string) map[Site]int {
	const cut = maxFrames - 1 // runtime.goexit is not listed
	proven := make(map[Site]int)
	for line := range strings.Lines(text) {
		if s, ok := parseSample(line, cut); ok && len(proven) < maxSites {
			proven[s.Site] += s.Count
		}
	}
	return proven
}
