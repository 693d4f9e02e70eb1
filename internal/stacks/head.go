package stacks

import (
	"strconv"
	"strings"
)

const labelsMark = " labels:{"

// isHead reports whether a line begins a goroutine.
func isHead(line string) bool {
	var g Goroutine
	return g.parseHead(line)
}

// parseHead reads a line such as
//
//	goroutine 7 gp=0xc000 m=3 mp=0xc001 [chan receive, 5 minutes, locked to thread, synctest bubble 3 labels:{"a": "b"}]:
//
// and reports whether it is one.
func (g *Goroutine) parseHead(line string) bool {
	number, ok := strings.CutPrefix(line, "goroutine ")
	if !ok || !strings.HasSuffix(line, "]:") {
		return false
	}
	number, rest, _ := strings.Cut(number, " ")
	id, err := strconv.ParseUint(number, 10, 64)
	open := strings.IndexByte(rest, '[')
	if err != nil || open < 0 {
		return false
	}
	*g = Goroutine{ID: id, Frames: g.Frames[:0], Labels: g.Labels[:0]}
	status, labels, _ := strings.Cut(rest[open+1:len(rest)-len("]:")], labelsMark)
	g.Labels = appendLabels(g.Labels, labels, ": ")
	g.parseStatus(status)
	return true
}

// parseStatus reads what stands in the brackets, but for the labels. A word
// that is not known is passed over: a later Go may add some.
func (g *Goroutine) parseStatus(status string) {
	for i, part := range strings.Split(status, ", ") {
		if i == 0 {
			g.parseState(part)
			continue
		}
		switch {
		case strings.HasSuffix(part, " minutes"):
			g.Minutes = natural(strings.TrimSuffix(part, " minutes"))
		case strings.HasPrefix(part, "synctest bubble "):
			g.Bubble = natural(strings.TrimPrefix(part, "synctest bubble "))
		case strings.HasPrefix(part, "synctest group "): // Go 1.24
			g.Bubble = natural(strings.TrimPrefix(part, "synctest group "))
		}
	}
}

// parseState takes the marks off a state: "chan receive (leaked) (scan)".
func (g *Goroutine) parseState(state string) {
	var scan bool
	state, g.Durable = strings.CutSuffix(state, " (durable)")
	state, scan = strings.CutSuffix(state, " (scan)")
	state, g.Leaked = strings.CutSuffix(state, " (leaked)")
	if scan && !g.Durable { // "(durable)" is part of some states, before "(scan)"
		state, g.Durable = strings.CutSuffix(state, " (durable)")
	}
	g.State = state
}

// appendLabels reads `"key": "value", "key": "value"}` as far as it is well-formed. A
// dump has a colon and a blank between key and value, the profile a colon.
func appendLabels(labels []Label, text, colon string) []Label {
	for text != "" {
		key, rest, ok := cutQuoted(text)
		if !ok {
			break
		}
		value, rest, ok := cutQuoted(strings.TrimPrefix(rest, colon))
		if !ok {
			break
		}
		labels = append(labels, Label{key, value})
		text = strings.TrimPrefix(rest, ", ")
	}
	return labels
}

// cutQuoted returns the string that a text begins with in Go syntax.
func cutQuoted(text string) (value, rest string, ok bool) {
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil {
		return "", "", false
	}
	value, err = strconv.Unquote(quoted)
	return value, text[len(quoted):], err == nil
}

// natural reads a number, 0 if it is none.
func natural(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// Redact replaces the values of the labels in the heads of a dump, as they may
// hold names of users, by "…". The keys stay.
func Redact(dump string) string {
	if !strings.Contains(dump, labelsMark) {
		return dump
	}
	var b strings.Builder
	for rest := dump; rest != ""; {
		line, tail := cutLine(rest)
		b.WriteString(redactHead(line))
		b.WriteString(rest[len(line) : len(rest)-len(tail)])
		rest = tail
	}
	return b.String()
}

func redactHead(line string) string {
	open := max(0, strings.IndexByte(line, '['))
	at := strings.Index(line[open:], labelsMark)
	if at < 0 || !strings.HasPrefix(line, "goroutine ") {
		return line
	}
	at += open
	var g Goroutine
	if !g.parseHead(line) { // it is cut, perhaps within a value
		return line[:at]
	}
	shown := make([]string, len(g.Labels))
	for i, label := range g.Labels {
		shown[i] = strconv.Quote(label.Key) + `: "…"`
	}
	return line[:at] + labelsMark + strings.Join(shown, ", ") + "}]:"
}
