package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const cutMark = "…"

// Clean makes one line of what somebody else wrote, such as a label value or an
// error, that is safe to show: in a terminal, in a log, as a table cell. Line
// breaks and tabs become spaces. Whatever else is not printed but steers, such as
// an escape sequence or a change of the direction of writing, shows as Go writes
// it: \x1b, \u202e. What does not fit into most bytes is cut, with a mark.
//
// A text that is clean stays as it is and costs no allocation.
func Clean(s string, most int) string {
	if len(s) <= most && isClean(s) {
		return s
	}
	var b strings.Builder
	room := most - len(cutMark)
	end := -1 // of what remains if the text has to be cut
	for i, r := range s {
		piece := shown(s[i:], r)
		if end < 0 && b.Len()+len(piece) > room {
			end = b.Len()
		}
		if b.Len()+len(piece) > most {
			return cutAt(b.String(), end, room)
		}
		b.WriteString(piece)
	}
	return b.String()
}

// cutAt marks the cut, where there is room for a mark.
func cutAt(s string, end, room int) string {
	if room < 0 {
		return ""
	}
	return s[:end] + cutMark
}

func isClean(s string) bool {
	for i, r := range s {
		if ' ' <= r && r <= '~' { // nearly all there is
			continue
		}
		if !unicode.IsPrint(r) || r == utf8.RuneError && shown(s[i:], r) != string(r) {
			return false
		}
	}
	return true
}

// shown is how a rune at the beginning of rest looks.
func shown(rest string, r rune) string {
	_, size := utf8.DecodeRuneInString(rest)
	switch {
	case r == utf8.RuneError && size == 1:
		return fmt.Sprintf(`\x%02x`, rest[0])
	case unicode.IsPrint(r):
		return rest[:size]
	case r == '\n' || r == '\t' || r == '\r':
		return " "
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// Markdown escapes a clean text, so that neither Markdown nor HTML within it nor
// a table finds anything to do: it reads as it was. An underscore within a word
// is left alone, as Markdown leaves it.
func Markdown(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; c {
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '&':
			b.WriteString("&amp;")
		case '\\', '`', '*', '[', ']', '|', '~', '$':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '_':
			if !isWithinWord(s, i) {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isWithinWord(s string, i int) bool {
	return i > 0 && i+1 < len(s) && isWordByte(s[i-1]) && isWordByte(s[i+1])
}

func isWordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// MarkdownCode puts a clean text into a code span, in which Markdown leaves all
// but the backtick alone. It is not for tables: there a bar ends the cell.
func MarkdownCode(s string) string {
	return "`" + strings.ReplaceAll(s, "`", "'") + "`"
}
