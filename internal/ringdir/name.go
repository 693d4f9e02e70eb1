package ringdir

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Bounds of the parts of a name, which together stay far below the 255 bytes
// that file systems allow.
const (
	maxKind   = 24
	maxReason = 40
)

const (
	timeLayout = "20060102T150405.000Z"
	tmpSuffix  = ".tmp"
)

// namePattern is the form of the names of our files. Whatever does not match is
// somebody else's.
var namePattern = regexp.MustCompile(`^((\d{8}T\d{6}\.\d{3}Z)-([a-z0-9_]{1,24})-([a-z0-9_]{1,40})-(p(\d{1,10})-[0-9a-z]{5,16}))\.([a-z0-9]{1,12}(?:\.[a-z0-9]{1,12})?)$`)

// parsed is what a file name says.
type parsed struct {
	id, kind, reason, owner, ext string
	at                           time.Time
	pid                          int
	tmp                          bool // not finished, or left behind by a crash
}

// parse takes the name of a file apart. ok is false for names that are not ours.
func parse(name string) (p parsed, ok bool) {
	name, p.tmp = strings.CutSuffix(name, tmpSuffix)
	parts := namePattern.FindStringSubmatch(name)
	if parts == nil {
		return parsed{}, false
	}
	at, err := time.Parse(timeLayout, parts[2])
	if err != nil {
		return parsed{}, false
	}
	pid, err := strconv.Atoi(parts[6])
	if err != nil {
		return parsed{}, false
	}
	p.id, p.at, p.kind, p.reason, p.owner, p.pid, p.ext = parts[1], at, parts[3], parts[4], parts[5], pid, parts[7]
	return p, p.ext != strings.TrimPrefix(tmpSuffix, ".") && !strings.HasSuffix(p.ext, tmpSuffix)
}

// word makes a text safe for a file name: lower-case ASCII letters and digits,
// everything between them one "_", at most limit bytes. Where nothing is left
// it is "unnamed".
func word(text string, limit int) string {
	var b strings.Builder
	for _, c := range text {
		if b.Len() >= limit {
			break
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
			b.WriteByte(byte(c))
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "_") {
			b.WriteByte('_')
		}
	}
	if made := strings.TrimSuffix(b.String(), "_"); made != "" {
		return made
	}
	return "unnamed"
}

// IsID reports whether a text has the form of an ID.
func IsID(text string) bool {
	p, ok := parse(text + ".x")
	return ok && p.id == text
}
