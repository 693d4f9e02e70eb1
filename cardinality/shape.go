package cardinality

import (
	"net/netip"
	"strings"
	"time"
)

// Shape is what values look like.
type Shape string

// Shapes of values.
const (
	// ShapeUnknown is everything else: words, names, free text.
	ShapeUnknown Shape = ""
	// ShapeUUID is 8-4-4-4-12 hexadecimal digits.
	ShapeUUID Shape = "uuid"
	// ShapeID is a number that is not a point in time.
	ShapeID Shape = "id"
	// ShapeIP is an IP address, with or without a port.
	ShapeIP Shape = "ip"
	// ShapeHash is hexadecimal digits, 16 or more, or as many letters and digits
	// in a mix that words do not have.
	ShapeHash Shape = "hash"
	// ShapeTimestamp is a date with a time, or seconds, milli-, micro- or
	// nanoseconds since 1970 in this century.
	ShapeTimestamp Shape = "timestamp"
	// ShapePath is a text with slashes.
	ShapePath Shape = "path"
)

// shapeOf guesses the shape of a text without slashes.
func shapeOf(text string) Shape {
	switch {
	case text == "" || len(text) > 128:
		return ShapeUnknown
	case isDigits(text):
		if isUnixTime(text) {
			return ShapeTimestamp
		}
		return ShapeID
	case isUUID(text):
		return ShapeUUID
	case isIP(text):
		return ShapeIP
	case isTime(text):
		return ShapeTimestamp
	case isHash(text):
		return ShapeHash
	}
	return ShapeUnknown
}

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// isUnixTime takes numbers from 2001 to 2033 in seconds, and to 2286 in the finer
// units, whose first digit is 1.
func isUnixTime(digits string) bool {
	switch len(digits) {
	case 10, 13, 16, 19:
		return digits[0] == '1'
	}
	return false
}

func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		isDash := i == 8 || i == 13 || i == 18 || i == 23
		if isDash != (text[i] == '-') || !isDash && !isHex(text[i]) {
			return false
		}
	}
	return true
}

func isIP(text string) bool {
	if !strings.ContainsAny(text, ".:") || len(text) > 64 {
		return false
	}
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(text)
	return err == nil
}

// isTime takes RFC 3339 and the like: a date, "T" or a space, a time.
func isTime(text string) bool {
	const layout = "2006-01-02T15:04:05"
	if len(text) < len(layout) || text[10] != 'T' && text[10] != ' ' {
		return false
	}
	_, errDate := time.Parse(time.DateOnly, text[:10])
	_, errTime := time.Parse(time.TimeOnly, text[11:19])
	return errDate == nil && errTime == nil
}

// isHash takes long hexadecimal numbers and long mixes of letters and digits.
func isHash(text string) bool {
	if len(text) < 16 {
		return false
	}
	digits, upper, lower, hex := 0, 0, 0, 0
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= 'a' && c <= 'z':
			lower++
		case c != '-' && c != '_' && c != '=' && c != '+':
			return false
		}
		if isHex(c) {
			hex++
		}
	}
	return digits > 0 && (hex == len(text) || digits*10 >= len(text) && upper > 1 && lower > 1)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// shapeOfMost guesses what most of the samples look like, and a text that could
// stand for them, "" if none suggests itself.
func shapeOfMost(samples []string) (Shape, string) {
	shapes, templates := map[Shape]int{}, map[string]int{}
	for _, s := range samples {
		shape, template := shapeOf(s), ""
		if shape != ShapeUnknown {
			template = "{" + string(shape) + "}"
		} else if strings.Contains(s, "/") {
			shape, template = ShapePath, RouteTemplate(s)
			if template == s {
				template = ""
			}
		}
		shapes[shape]++
		templates[template]++
	}
	shape, n := mostOf(shapes)
	if 2*n <= len(samples) {
		return ShapeUnknown, ""
	}
	delete(templates, "")
	template, _ := mostOf(templates)
	return shape, template
}

// mostOf returns the key with the largest count; of equal ones the smallest key.
func mostOf[K ~string](counts map[K]int) (most K, n int) {
	for key, count := range counts {
		if count > n || count == n && key < most {
			most, n = key, count
		}
	}
	return most, n
}
