package icicle

import (
	"hash/fnv"
	"math"
	"strings"
	"unicode"
)

const ink = "#16181d" // on all the fills below, with a contrast of at least 7:1

// fills are told apart by their hue alone, so they say nothing that the text
// does not: frames of one package have the same.
var fills = [...]string{"#f3c98b", "#f0dc82", "#c3dd9a", "#99d6c4", "#a3cbee", "#c9bdf0", "#efb5c8", "#e0c9ae"}

const (
	fillOther  = "#c9ccd1"
	fillGrew   = "#f6a96c"
	fillShrank = "#93c1ea"
)

// look is the sign of a change and the colour of a frame.
func (p *picture) look(name string, a amount) (mark, fill string) {
	switch {
	case !p.config.Diff && (name == whole || name == other):
		return "", fillOther
	case !p.config.Diff:
		sum := fnv.New32a()
		sum.Write([]byte(packageOf(name)))
		return "", fills[sum.Sum32()%uint32(len(fills))]
	case math.Abs(a.net) < a.size/10:
		return "±", fillOther
	case a.net > 0:
		return "+", fillGrew
	}
	return "−", fillShrank
}

// packageOf cuts "example.com/a/b.(*T).M" to "example.com/a/b".
func packageOf(name string) string {
	start := len(name) - len(shortName(name))
	pkg, _, _ := strings.Cut(name[start:], ".")
	return name[:start] + pkg
}

// shortName cuts "example.com/a/b.(*T).M" to "b.(*T).M". Type arguments have
// slashes of their own.
func shortName(name string) string {
	plain, _, _ := strings.Cut(name, "[")
	return name[strings.LastIndexByte(plain, '/')+1:]
}

// fit returns the first label that is at most so many letters wide, else what
// fits of the last one, and the mark alone where that would say nothing.
func fit(labels []string, mark string, letters int) string {
	for _, label := range labels {
		if cells(label) <= letters {
			return label
		}
	}
	switch {
	case letters < 1:
		return ""
	case letters < 4:
		return mark
	}
	last, used := labels[len(labels)-1], 1 // for "…"
	for i, c := range last {
		if used += cells(string(c)); used > letters {
			return last[:i] + "…"
		}
	}
	return last
}

// cells is the width of a text in a monospace font, in letters: characters from
// U+1100 on may be wide, as is what escape puts in place of others.
func cells(label string) int {
	n := 0
	for _, c := range label {
		isWide := c >= 0x1100 && c != '…' && c != '−'
		if n++; isWide || !unicode.IsPrint(c) {
			n++
		}
	}
	return n
}

// escape makes text safe in an element and in an attribute. Characters that
// cannot be printed, of which XML forbids some, are replaced; a new line stays.
func escape(label string) string {
	var b strings.Builder
	for _, c := range label {
		switch {
		case c == '&':
			b.WriteString("&amp;")
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '"':
			b.WriteString("&#34;")
		case c == '\'':
			b.WriteString("&#39;")
		case c == '\n' || unicode.IsPrint(c):
			b.WriteRune(c)
		default:
			b.WriteRune('\uFFFD')
		}
	}
	return b.String()
}
