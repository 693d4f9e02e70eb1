package finding

import (
	"encoding/json"
	"fmt"
	"slices"
)

// State is a verdict. The zero value is Unknown, so that a verdict that was
// never reached does not read as good news.
type State uint8

// The states, not in the order of badness: see [State.Worse].
const (
	// Unknown: something that the verdict needs could not be read.
	Unknown State = iota
	// OK: looked at, and nothing is wrong.
	OK
	// TooEarly: not enough data for a verdict yet.
	TooEarly
	// Growing: it grows, and may still level off.
	Growing
	// Suspect: it grows as leaks do; the evidence is not complete.
	Suspect
	// Leaking: it is a leak.
	Leaking
	// Lagging: work that is ready waits to run.
	Lagging
	// Stopped: work that should be done is not being done.
	Stopped
	// Exploded: a number of series or keys that should be bounded is not.
	Exploded
	// TooSmall: nothing leaks; the limit is too low for the work.
	TooSmall
)

var stateNames = [...]string{
	Unknown: "unknown", OK: "ok", TooEarly: "too_early", Growing: "growing",
	Suspect: "suspect", Leaking: "leak", Lagging: "lagging", Stopped: "stopped",
	Exploded: "exploded", TooSmall: "too_small",
}

// fromBadToGood is the order in which states win over each other. A leak ends
// the process and cannot be waited out, so it leads. Unknown is worse than
// TooEarly because somebody has to act for it to change.
var fromBadToGood = [...]State{
	Leaking, Exploded, Stopped, Lagging, TooSmall, Suspect, Growing, Unknown, TooEarly, OK,
}

// States returns every state, from bad to good: leak, exploded, stopped,
// lagging, too_small, suspect, growing, unknown, too_early, ok.
func States() []State { return slices.Clone(fromBadToGood[:]) }

// Worse reports whether s is worse than other, in the order of [States]. A number
// that is no state counts as Unknown.
func (s State) Worse(other State) bool {
	return slices.Index(fromBadToGood[:], s.known()) < slices.Index(fromBadToGood[:], other.known())
}

func (s State) known() State {
	if int(s) >= len(stateNames) {
		return Unknown
	}
	return s
}

// Worst returns the worst state among findings, and Unknown if there are none:
// silence is not health.
func Worst(findings []Finding) State {
	if len(findings) == 0 {
		return Unknown
	}
	worst := OK
	for _, f := range findings {
		if f.State.Worse(worst) {
			worst = f.State.known()
		}
	}
	return worst
}

// String returns the lower-case word for the state, as used in JSON and in
// metric labels.
func (s State) String() string {
	if int(s) >= len(stateNames) {
		return fmt.Sprintf("State(%d)", uint8(s))
	}
	return stateNames[s]
}

// MarshalText implements [encoding.TextMarshaler] with the word of String.
func (s State) MarshalText() ([]byte, error) {
	if int(s) >= len(stateNames) {
		return nil, fmt.Errorf("finding: State is %d: use one of the constants", uint8(s))
	}
	return []byte(stateNames[s]), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler] for the words of String.
func (s *State) UnmarshalText(text []byte) error {
	i := slices.Index(stateNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("finding: unknown state %q: use one of %q", text, stateNames)
	}
	*s = State(i)
	return nil
}

// UnmarshalJSON implements [json.Unmarshaler]. Unlike UnmarshalText it reads a word
// that it does not know as Unknown: a report by a newer version of this library
// has to stay readable.
func (s *State) UnmarshalJSON(data []byte) error {
	var word string
	if err := json.Unmarshal(data, &word); err != nil {
		return fmt.Errorf("finding: state: %w", err)
	}
	*s = State(max(0, slices.Index(stateNames[:], word)))
	return nil
}
