package stacks

import (
	"iter"
	"strconv"
	"strings"
)

// All returns the goroutines of a dump in its order. The value is used again
// for the next one: see [Goroutine.Clone]. Text that is not part of a goroutine
// is passed over, as is a goroutine whose first line is damaged; whatever the
// text is, All does not panic.
func All(dump string) iter.Seq[*Goroutine] {
	return func(yield func(*Goroutine) bool) {
		var g Goroutine
		for rest := dump; rest != ""; {
			head, tail := cutLine(rest)
			if !g.parseHead(head) {
				rest = tail
				continue
			}
			body := g.parseBody(tail)
			g.Text = strings.TrimRight(rest[:len(rest)-len(tail)+body], "\r\n")
			rest = tail[body:]
			if !yield(&g) {
				return
			}
		}
	}
}

// cutLine returns the first line of text, without its end, and what follows.
func cutLine(text string) (line, rest string) {
	line, rest, _ = strings.Cut(text, "\n")
	return strings.TrimSuffix(line, "\r"), rest
}

// parseBody reads the calls that follow a head and returns the length of what
// it read: up to an empty line, or the head of the next goroutine.
func (g *Goroutine) parseBody(text string) (length int) {
	own := true // false below "[originating from goroutine 7]:"
	for rest := text; rest != ""; {
		line, tail := cutLine(rest)
		switch {
		case line == "", strings.HasPrefix(line, "goroutine ") && isHead(line):
			return len(text) - len(rest)
		case strings.HasPrefix(line, "[originating from "):
			own = false
		case own:
			tail = g.parseCall(line, tail)
		}
		rest = tail
	}
	return len(text)
}

// parseCall reads one call, which takes two lines, and returns what follows.
func (g *Goroutine) parseCall(line, rest string) string {
	if line[0] == '\t' || strings.HasPrefix(line, "...") {
		return rest // "goroutine running on other thread; stack unavailable", "...51 frames elided..."
	}
	frame := Frame{}
	if place, tail := cutLine(rest); strings.HasPrefix(place, "\t") {
		frame.File, frame.Line = parsePlace(place)
		rest = tail
	}
	if creator, ok := strings.CutPrefix(line, "created by "); ok {
		name, parent, _ := strings.Cut(creator, " in goroutine ")
		g.Parent, _ = strconv.ParseUint(parent, 10, 64)
		frame.Func = name
		g.CreatedBy = frame
		return rest
	}
	frame.Func = withoutArguments(line)
	g.Frames = append(g.Frames, frame)
	return rest
}

// withoutArguments cuts "main.(*T).run(0xc000012120, {0x1, 0x2})" before the
// arguments, which hold no parentheses.
func withoutArguments(call string) string {
	if open := strings.LastIndexByte(call, '('); open > 0 && strings.HasSuffix(call, ")") {
		return call[:open]
	}
	return call
}

// parsePlace reads "\t/src/main.go:12 +0x1d fp=0x… sp=0x… pc=0x…".
func parsePlace(text string) (file string, line int) {
	text = strings.TrimPrefix(text, "\t")
	for _, end := range []string{" +0x", " fp=0x", " pc=0x"} {
		if at := strings.LastIndex(text, end); at >= 0 {
			text = text[:at]
		}
	}
	colon := strings.LastIndexByte(text, ':')
	if colon <= 0 {
		return "", 0
	}
	line, err := strconv.Atoi(text[colon+1:])
	if err != nil || line < 0 {
		return "", 0
	}
	return text[:colon], line
}
