package vitals

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/govitals/govitals/finding"
)

// openings are the words with which the verdict line begins. Programs and people
// look for them: they do not change.
var openings = [...]string{
	finding.OK:       "HEALTHY.",
	finding.TooEarly: "TOO EARLY",
	finding.Unknown:  "NOT KNOWN.",
	finding.Growing:  "GROWING.",
	finding.Suspect:  "LEAK SUSPECTED.",
	finding.Leaking:  "LEAK.",
	finding.Lagging:  "LAGGING.",
	finding.Stopped:  "STOPPED.",
	finding.Exploded: "EXPLODED.",
	finding.TooSmall: "TOO SMALL.",
}

// rule gives the verdict line a beginning that says more than the state does.
type rule struct {
	signal string
	state  finding.State
	causes []string // one of them, any if there are none
	level  bool     // only while live memory does not grow
	words  string
}

// rules, the first that fits is taken. Live memory may be a cache that fills at a
// constant rate, which no trend can tell from a leak: hence "likely".
var rules = []rule{
	{signal: "heap", state: finding.Leaking, causes: []string{"series"}, words: "SERIES LEAK:"},
	{signal: "heap", state: finding.Suspect, causes: []string{"series"}, words: "SERIES LEAK SUSPECTED:"},
	{signal: "heap", state: finding.Leaking, words: "LEAK LIKELY."},
	{signal: "goroutines", state: finding.Leaking, words: "GOROUTINES LEAK:"},
	{signal: "goroutines", state: finding.Suspect, words: "GOROUTINES LEAK SUSPECTED:"},
	{signal: "series", state: finding.Leaking, words: "SERIES LEAK:"},
	{signal: "series", state: finding.Suspect, words: "SERIES LEAK SUSPECTED:"},
	{signal: "threads", state: finding.Leaking, words: "THREADS LEAK:"},
	{signal: "fds", state: finding.Leaking, words: "DESCRIPTORS LEAK:"},
	{
		signal: "eventloop", state: finding.Lagging, words: "LAGGING, BLOCKED:",
		causes: []string{"throttled", "host_contention", "runqueue", "nonpreemptible"}, // what waits for a processor
	},
	{signal: "setup", state: finding.TooSmall, causes: []string{causeSize}, level: true, words: notALeak},
	{signal: "heap", state: finding.TooSmall, causes: []string{causeLimit, "gc_cpu_limiter"}, level: true, words: notALeak},
}

const (
	notALeak = "NOT A LEAK, TOO SMALL."
	dataGrew = "DATA GREW, NOT A LEAK:"
)

// opening is the beginning of the line that f leads, "" if f has one of its own.
func (o outlook) opening(f finding.Finding) string {
	if words, _ := heading(f.Summary); words != "" {
		return ""
	}
	level := o.growth() == finding.OK
	for _, r := range rules {
		if r.signal == f.Signal && r.state == f.State && (!r.level || level) && (r.causes == nil || slices.Contains(r.causes, f.Cause)) {
			return r.words
		}
	}
	return openings[f.State]
}

// begin writes the first words of the line and what f says.
func (o outlook) begin(f finding.Finding, bad []finding.Finding) string {
	isData := func(other finding.Finding) bool { return other.Cause == causeData && same(causeOf(other, bad), f) }
	if slices.ContainsFunc(bad, isData) && f.Signal == "state" {
		_, rest := heading(f.Summary)
		return dataGrew + " " + rest
	}
	for _, other := range bad { // what follows from f may prove it before f itself does
		if isGrowth(f.State) && other.State.Worse(f.State) && same(causeOf(other, bad), f) {
			f.State = other.State
		}
	}
	words := o.opening(f)
	if words == notALeak {
		return words + " " + withoutVerdict(f.Summary)
	}
	return strings.TrimSpace(words + " " + f.Summary)
}

// withoutVerdict cuts what the opening has said already (heap.Advice).
func withoutVerdict(summary string) string {
	if _, rest, found := strings.Cut(summary, "the limit is too small: "); found {
		return capitalised(rest)
	}
	return summary
}

// growth is what is said about the growth of live memory.
func (o outlook) growth() finding.State {
	return finding.Worst(filter(o.findings, func(f finding.Finding) bool {
		return f.Signal == "heap" && (isGrowth(f.State) || f.State == finding.OK || f.State == finding.TooEarly)
	}))
}

// When the end is so near that it is told before anything worse in name. Growth
// that may still level off is believed only shortly before.
const (
	soon     = time.Hour
	verySoon = 15 * time.Minute
)

// endsSoon reports whether f ends the process before somebody had a look at the
// rest.
func (o outlook) endsSoon(f finding.Finding) bool {
	within := soon
	if f.State == finding.Growing {
		within = verySoon
	}
	return !f.Forecast.IsZero() && f.Forecast.At.Sub(o.now) <= within
}

// compare puts first what ends the process soon, then the worse state, then the
// earlier end, then what people look at first.
func (o outlook) compare(a, b finding.Finding) int {
	if aSoon, bSoon := o.endsSoon(a), o.endsSoon(b); aSoon != bSoon {
		if aSoon {
			return -1
		}
		return 1
	}
	return cmp.Or(byBadness(a, b), compareEnds(a.Forecast, b.Forecast), cmp.Compare(interest(a), interest(b)))
}

func compareEnds(a, b finding.Forecast) int {
	switch {
	case a.IsZero() == b.IsZero():
		return a.At.Compare(b.At)
	case a.IsZero():
		return 1
	}
	return -1
}

// interest is the rank at which a signal is mentioned among its equals: memory and
// goroutines, then what the user added, then the rest of what is built in.
func interest(f finding.Finding) int {
	switch f.Signal {
	case "heap":
		return 0
	case "goroutines":
		return 1
	case "rss", "threads", "fds", "stacks", "backlog", "buckets":
		return 3
	case "setup":
		return 4
	}
	return 2
}

// heading finds the words in capitals that some summaries begin with, as in
// "JOB STOPPED: refresh last …". It takes more than an abbreviation.
func heading(summary string) (words, rest string) {
	words, rest = capitals(summary)
	if !strings.HasSuffix(words, ":") || len(words) < len("OPEN:") {
		return "", summary
	}
	return words, rest
}

// capitals cuts a text after the words in capitals that it begins with, at a full stop
// or a colon at the latest.
func capitals(s string) (words, rest string) {
	isOther := func(r rune) bool { return !unicode.IsUpper(r) && !strings.ContainsRune(",.:", r) }
	rest = s
	for !strings.HasSuffix(words, ".") && !strings.HasSuffix(words, ":") {
		word, after, _ := strings.Cut(rest, " ")
		if word == "" || strings.ContainsFunc(word, isOther) {
			break
		}
		words, rest = strings.TrimSpace(words+" "+word), after
	}
	return words, rest
}
