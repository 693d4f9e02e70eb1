package vitals

import (
	"fmt"
	"time"
)

// timeSpan is how much of the past the page shows.
type timeSpan struct {
	name, words string
	length      time.Duration
}

// timeSpans are those that the history keeps, the default first. They are a few, because
// each is a page of its own to the gate.
var timeSpans = []timeSpan{
	{"24h", "24 hours", 24 * time.Hour},
	{"90m", "90 minutes", 90 * time.Minute},
	{"10m", "10 minutes", 10 * time.Minute},
}

// spanOf returns the span of a name; "" is the default.
func spanOf(name string) (timeSpan, error) {
	for _, span := range timeSpans {
		if name == span.name || name == "" {
			return span, nil
		}
	}
	return timeSpan{}, fmt.Errorf("range is %.40q: use 10m, 90m or 24h", name)
}

type rangeLink struct {
	Name, Words string
	Current     bool
}

func rangeLinks(current timeSpan) (links []rangeLink) {
	for i := len(timeSpans) - 1; i >= 0; i-- {
		links = append(links, rangeLink{timeSpans[i].name, timeSpans[i].words, timeSpans[i] == current})
	}
	return links
}

// sinceOf reads what ?since= and ?history= ask for: how far back points go, false
// if none are asked for. A time, or a duration before now.
func sinceOf(since, history string, now time.Time) (time.Time, bool, error) {
	switch {
	case since == "" && (history == "" || history == "0"):
		return time.Time{}, false, nil
	case since == "":
		return now.Add(-dayBack), true, nil
	}
	if at, err := time.Parse(time.RFC3339, since); err == nil {
		return later(at, now.Add(-dayBack)), true, nil
	}
	back, err := time.ParseDuration(since)
	if err != nil || back < 0 {
		return time.Time{}, false, fmt.Errorf("since is %.40q: use a duration such as 10m, or a time such as %s", since, now.UTC().Format(time.RFC3339))
	}
	return now.Add(-min(back, dayBack)), true, nil
}
