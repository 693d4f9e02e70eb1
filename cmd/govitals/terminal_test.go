package main

import (
	"strings"
	"testing"

	"github.com/govitals/govitals/finding"
)

// Names in a trace are those of whoever wrote it.
func TestNamesOfATraceDoNotSteerTheTerminal(t *testing.T) {
	var out strings.Builder
	err := writeText(&out, []finding.Culprit{{Name: "main.\x1b[2Jf\r\u202e", File: "a\x1b]0;x\a.go", Line: 1, Share: 1}})
	if got := out.String(); err != nil || strings.ContainsAny(got, "\x1b\a\r\u202e") || !strings.Contains(got, `main.\x1b[2Jf`) {
		t.Errorf("%v: %q", err, got)
	}
}

// Two times that are compared must not look the same.
func TestTimesHaveThreeDigits(t *testing.T) {
	for seconds, want := range map[float64]string{
		4.5e-8: "0.045µs", 123.4e-6: "123µs", 0.99996e-3: "1ms", 0.1512: "151ms", 0.9997: "1s", 1.94: "1.94s", 1.1: "1.1s", 75: "1m 15s",
	} {
		if got := shortTime(seconds); got != want {
			t.Errorf("%v s are written as %q, want %q", seconds, got, want)
		}
	}
}
