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
