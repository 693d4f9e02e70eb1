package main

import (
	"io"
	"os"
	"strings"

	"github.com/govitals/govitals/finding"
)

// The escape sequences that are used, and no others.
const (
	plain  = "\x1b[0m"
	red    = "\x1b[1;31m"
	green  = "\x1b[1;32m"
	yellow = "\x1b[1;33m"
)

// paint colours words on a terminal.
type paint bool

// painting reports whether colours are wanted: on a terminal, unless NO_COLOR
// (https://no-color.org) says otherwise.
func painting(to io.Writer) paint {
	file, ok := to.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return paint(err == nil && info.Mode()&os.ModeCharDevice != 0)
}

func (p paint) in(colour, words string) string {
	if !p || words == "" {
		return words
	}
	return colour + words + plain
}

// opening colours the words that a verdict begins with: up to the first stop or colon.
func (p paint) opening(colour, verdict string) string {
	end := strings.IndexAny(verdict, ".:") + 1
	return p.in(colour, verdict[:end]) + verdict[end:]
}

// colourOf is the colour of a state: never all that tells it, the word is there too.
func colourOf(s finding.State) string {
	switch {
	case s == finding.OK:
		return green
	case s.Worse(finding.Growing):
		return red
	}
	return yellow
}
