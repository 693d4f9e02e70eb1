package fleet

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	// hurry is by how much all times in the rules are divided: three hours become
	// seven seconds.
	hurry = 1500
	// shortest is what no range goes below: a rate needs two scrapes, which are a second
	// apart, and some may come late on a busy machine.
	shortest = 5 * time.Second
)

// A time stands in brackets, behind "offset", or is that of "for" and "interval".
var aTime = regexp.MustCompile(`(\[|\[\w+:|offset |for: |interval: )(\d+)([smhd])\b`)

// The least growth that counts, in bytes an hour, is fit for three hours. Over seven
// seconds a healthy heap moves by more than that.
const (
	leastShipped = "+ 1e6)"
	leastHere    = "+ 72e6)"
)

// derive returns the text of the shipped rules with shorter times, and the least growth
// of a canary raised. Nothing else is changed.
func derive(rules string) string {
	rules = strings.ReplaceAll(rules, leastShipped, leastHere)
	for range 2 { // the second time for what follows the colon in [7d:30m]
		rules = aTime.ReplaceAllStringFunc(rules, func(match string) string {
			parts := aTime.FindStringSubmatch(match)
			return parts[1] + shorter(parts[1], parts[2], parts[3])
		})
	}
	return rules
}

var units = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}

// shorter returns milliseconds, which derive does not take for a time again.
func shorter(before, number, unit string) string {
	n, _ := strconv.Atoi(number) // digits, by the pattern
	d := time.Duration(n) * units[unit] / hurry
	if strings.HasPrefix(before, "[") {
		d = max(d, shortest)
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
}

func TestDerive(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		"deriv(x[3h])":        "deriv(x[7200ms])",
		"rate(x[5m])":         "rate(x[5000ms])",
		"x offset 1d":         "x offset 57600ms",
		"for: 30m":            "for: 1200ms",
		"keep_firing_for: 1h": "keep_firing_for: 2400ms",
		"q(x[7d:4h]) > 0.5":   "q(x[403200ms:9600ms]) > 0.5",
		"x > 10800":           "x > 10800",
		"max1d - mean1d > 5":  "max1d - mean1d > 5",
		"5 * (x + 1e6)":       "5 * (x + 72e6)",
	} {
		if got := derive(rule); got != want {
			t.Errorf("derive(%q) = %q, want %q", rule, got, want)
		}
	}
}

func shippedRules(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), leastShipped) {
		t.Fatalf("the rules have no %q any more: change derive with them", leastShipped)
	}
	return string(text)
}
