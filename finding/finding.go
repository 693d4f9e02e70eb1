package finding

import "time"

// Finding is one statement about the process: what was seen, how bad it is,
// whose fault it is and what to do next. Fields that are not known stay at
// their zero value and are left out of JSON.
type Finding struct {
	// Signal is what the finding is about, one lower-case word: "heap",
	// "goroutines", "series", "eventloop", "setup", ….
	Signal string `json:"signal"`
	// State is the verdict.
	State State `json:"state"`
	// Summary is the verdict in one or two sentences with its figures. Times are UTC.
	Summary string `json:"summary"`
	// Since is when the condition began, the zero time if not known.
	Since time.Time `json:"since,omitzero"`
	// PerHour is the growth in Unit per hour, 0 if none was measured.
	PerHour float64 `json:"per_hour,omitzero"`
	// Low and High bound PerHour at 95 %, both 0 where that is not known.
	Low float64 `json:"low,omitzero"`
	// High: see Low.
	High float64 `json:"high,omitzero"`
	// Forecast is when it ends badly if it goes on like this, the zero value if
	// that is not foreseen.
	Forecast Forecast `json:"forecast,omitzero"`
	// Unit is the UCUM code of PerHour: "By", "{goroutine}", "s".
	Unit string `json:"unit,omitzero"`
	// Cause names the mechanism where one is known: "throttled", "gc".
	Cause string `json:"cause,omitzero"`
	// Culprits are to blame, the largest share first.
	Culprits []Culprit `json:"culprits,omitzero"`
	// Advice is what to do next: a change, or the next command to type.
	Advice string `json:"advice,omitzero"`
	// How lists the rules that fired and the figures they fired on.
	How []string `json:"how,omitzero"`
}

// Forecast says when a limit is reached. Earliest and Latest follow from the
// bounds of the growth; whatever is not known is the zero time.
type Forecast struct {
	// At is when at the growth that is most likely.
	At time.Time `json:"at"`
	// Earliest is when at the highest growth that the figures allow.
	Earliest time.Time `json:"earliest,omitzero"`
	// Latest is when at the lowest.
	Latest time.Time `json:"latest,omitzero"`
}

// IsZero reports whether nothing is foreseen.
func (f Forecast) IsZero() bool { return f.At.IsZero() }

// Culprit is a place in the program, or a thing with a name, that caused a
// share of a finding.
type Culprit struct {
	// Name is a function, a label, a job, a host: what a person looks for.
	Name string `json:"name"`
	// File is the source file, "" where the culprit is not in the source.
	File string `json:"file,omitzero"`
	// Line is the line in File.
	Line int `json:"line,omitzero"`
	// Share is the part of the finding that the culprit explains, 0 to 1.
	Share float64 `json:"share,omitzero"`
}

// Source is anything that can say something about the process. Findings is
// called from any goroutine, several at a time; it only reads what was
// gathered before.
type Source interface {
	Findings() []Finding
}
