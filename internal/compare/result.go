package compare

import (
	"time"
)

// Schema names the form of a [Result] in JSON.
const Schema = "govitals.compare/v1"

// Verdict says how the canary does beside the stable side.
type Verdict string

// The verdicts. They never change: other programs read them.
const (
	// Worse: the difference is beyond chance and beyond what is tolerated.
	Worse Verdict = "worse"
	// Same: what there may be of a difference is tolerated.
	Same Verdict = "same"
	// NotYet: chance may still explain the difference; more time will tell.
	NotYet Verdict = "not_yet"
	// NotComparable: time does not help, such as where the load differs.
	NotComparable Verdict = "not_comparable"
	// CannotTell is the verdict on the whole where it is neither Worse nor Same.
	CannotTell Verdict = "cannot_tell"
	// Shown is not judged.
	Shown Verdict = "shown"
)

// Options are what a user may change. The zero value is recommended.
type Options struct {
	// WarmUp is the age before which nothing is compared, where that is more than
	// the processes say themselves. Default: what they say. Sides with ByClock have
	// taken it into account.
	WarmUp time.Duration
	// Tolerate is how much faster, in bytes per hour, live memory may grow and still
	// be the same. Default: 1 MiB or 2 % of the live memory of the stable side,
	// whichever is more.
	Tolerate float64
}

// Result is what came out.
type Result struct {
	// Schema is the constant of that name.
	Schema string `json:"schema"`
	// Verdict is Worse, Same or CannotTell.
	Verdict Verdict `json:"verdict"`
	// Summary is the verdict in words, with the reasons.
	Summary string `json:"summary"`
	// Canary and Stable say who was compared.
	Canary Party `json:"canary"`
	Stable Party `json:"stable"`
	// FromSeconds and ToSeconds are the ages between which both were compared, and
	// Load the requests per second of the canary as a multiple.
	FromSeconds float64 `json:"from_seconds"`
	ToSeconds   float64 `json:"to_seconds"`
	Load        float64 `json:"load,omitzero"`
	// ByClock says that both were compared over the same stretch of time, and that the
	// ages count from its beginning.
	ByClock bool `json:"by_clock,omitzero"`
	// Measures are what was compared, the worst first.
	Measures []Measure `json:"measures"`
	// Sites, Labels and Creators are ranked by how much more the canary has now.
	Sites    []Difference `json:"sites,omitempty"`
	Labels   []Difference `json:"labels,omitempty"`
	Creators []Difference `json:"creators,omitempty"`
	// Notes say what else the reader should know.
	Notes []string `json:"notes,omitempty"`
}

// Party is one side, in a few words.
type Party struct {
	// Name is what the user calls it, Build the program with its version.
	Name string `json:"name"`
	// Build: see Name.
	Build string `json:"build,omitzero"`
	// UptimeSeconds is its age.
	UptimeSeconds float64 `json:"uptime_seconds,omitzero"`
	// State is what its own report says.
	State string `json:"state,omitzero"`
}

// Measure is one comparison.
type Measure struct {
	// Name is the measure in one lower-case word that programs use.
	Name string `json:"name"`
	// Title is the same for people, Unit the UCUM code of Canary and Stable.
	Title string `json:"title"`
	Unit  string `json:"unit"`
	// Canary and Stable are the values.
	Canary float64 `json:"canary"`
	Stable float64 `json:"stable"`
	// Ratio or Difference is what was judged, with its bounds.
	Ratio      *Interval `json:"ratio,omitempty"`
	Difference *Interval `json:"difference,omitempty"`
	// PerRequest is the difference for each request, where it grows and requests
	// are counted.
	PerRequest *Interval `json:"per_request,omitempty"`
	Verdict    Verdict   `json:"verdict"`
	// Why is the reason in words.
	Why string `json:"why"`
}

// Difference is a place of which the canary has more.
type Difference struct {
	// Name is the function or the label.
	Name string `json:"name"`
	// Canary and Stable are how much both have, Difference is how much more the canary.
	Canary float64 `json:"canary"`
	// Stable: see Canary.
	Stable float64 `json:"stable"`
	// Difference: see Canary.
	Difference float64 `json:"difference"`
	// Share is the part of all that the canary has more.
	Share float64 `json:"share"`
	// Sure is false where the sampling of the profile can explain it.
	Sure bool `json:"sure"`
}
