package vitals

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// percent writes a share; a small one keeps two digits.
func percent(share float64) string {
	switch size := math.Abs(share); {
	case size == 0:
	case size < 0.00001:
		return "less than 0.001 %"
	case size < 0.1:
		return fmt.Sprintf("%.2g %%", 100*share)
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// perHour writes a pace.
func perHour(value float64, unit string) string { return text.Change(value, unit) + "/h" }

// brief writes seconds with three digits.
func brief(seconds float64) string {
	switch d := seconds; {
	case d >= 0.9995: // what rounds up to the next unit is written in that
		return text.Figure(d, "s")
	case d >= 0.9995e-3:
		return text.Number(d*1e3) + " ms"
	case d > 0:
		return text.Number(d*1e6) + " µs"
	}
	return "0 s"
}

// age writes for how long something has waited.
func age(seconds float64) string {
	if seconds <= 0 {
		return "–"
	}
	if seconds < 1 {
		return brief(seconds)
	}
	return text.Figure(seconds, "s")
}

func observations(n float64) string {
	if n == 1 {
		return "1 observation"
	}
	return text.Figure(n, "") + " observations"
}

// figure writes a value so that small shares and delays keep their digits.
func figure(value float64, unit string) string {
	switch unit {
	case "s":
		return brief(value)
	case "1":
		return percent(value)
	}
	return text.Figure(value, unit)
}

// cut shortens what others chose.
func cut(words string) string {
	const most = 64
	if runes := []rune(words); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return words
}

// counted writes what is counted, the most frequent first.
func counted(of map[string]int) string {
	words := largestFirst(of)
	for i, key := range words {
		words[i] = fmt.Sprintf("%d %s", of[key], key)
	}
	return strings.Join(words, ", ")
}

func rounded(x float64) float64 {
	if math.Abs(x) >= 10 {
		return math.Round(x)
	}
	return x
}

// firstSentence ends at the first full stop that a blank follows.
func firstSentence(s string) string {
	if end := strings.Index(s, ". "); end >= 0 {
		return s[:end+1]
	}
	return s
}

// Times are written in UTC everywhere, as logs and Prometheus have them. In sentences the
// head or the end of what they stand in says so.

// moment is when something was or will be, as seen from now.
func moment(t, now time.Time) string {
	t = t.UTC()
	switch away := t.Sub(now).Abs(); {
	case away < 18*time.Hour:
		return "at " + t.Format("15:04")
	case away < 6*24*time.Hour:
		return "on " + t.Format("Mon 15:04")
	}
	return "on " + t.Format("2006-01-02")
}

// asOf says when a page or a report was made.
func asOf(t time.Time) string { return "as of " + t.UTC().Format("2006-01-02 15:04:05") + " UTC" }

// stamp is a time in a table or beside the verdict.
func stamp(t time.Time) string { return t.UTC().Format("Jan 2 15:04:05") + " UTC" }

func capitalised(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

// stateWord is the state as a person says it.
func stateWord(state finding.State) string { return strings.ReplaceAll(state.String(), "_", " ") }
