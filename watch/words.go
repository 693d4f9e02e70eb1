package watch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// wordOf is the name of a value of an enumeration, of a type.
func wordOf(value uint8, names []string, kind string) string {
	if int(value) >= len(names) {
		return fmt.Sprintf("%s(%d)", kind, value)
	}
	return names[value]
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// ago writes an age: days in words once there are two, since "61 days" is what people
// say.
func ago(now, then time.Time) string {
	const day = 24 * time.Hour
	age := max(0, now.Sub(then))
	if age >= 2*day {
		return text.Count(int(age/day), "day")
	}
	return text.Duration(age)
}

// firstLine returns what fits into a sentence.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimRight(shorten(line, 200), ".")
}

// shorten cuts a text that somebody else wrote.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + " …"
}

// maxCulprits is how many culprits a finding has.
const maxCulprits = 5

// shares returns the names with the largest parts of the whole.
func shares(parts map[string]float64) (all []finding.Culprit) {
	whole := 0.0
	for _, part := range parts {
		whole += part
	}
	for name, part := range parts {
		if part > 0 {
			all = append(all, finding.Culprit{Name: name, Share: part / whole})
		}
	}
	slices.SortFunc(all, func(a, b finding.Culprit) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(len(all), maxCulprits)]
}
