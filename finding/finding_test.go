package finding_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

// words are what other programs read; they never change.
var words = map[finding.State]string{
	finding.TooEarly: "too_early", finding.Unknown: "unknown", finding.OK: "ok",
	finding.Growing: "growing", finding.Suspect: "suspect", finding.Leaking: "leak",
	finding.Lagging: "lagging", finding.Stopped: "stopped", finding.Exploded: "exploded",
	finding.TooSmall: "too_small",
}

func TestWordsThereAndBack(t *testing.T) {
	for state, word := range words {
		if state.String() != word {
			t.Errorf("%v should be %q", state, word)
		}
		text, err := json.Marshal(state)
		if err != nil || string(text) != `"`+word+`"` {
			t.Errorf("%v is %s in JSON, %v", state, text, err)
		}
		var back finding.State
		if err := json.Unmarshal(text, &back); err != nil || back != state {
			t.Errorf("%s reads as %v, %v", text, back, err)
		}
	}
}

func TestStatesThatDoNotExist(t *testing.T) {
	none := finding.State(99)
	if none.String() != "State(99)" {
		t.Errorf("String gives %q", none)
	}
	if _, err := none.MarshalText(); err == nil || !strings.Contains(err.Error(), "State is 99: use one of the constants") {
		t.Errorf("error %v", err)
	}
	state := finding.Growing
	err := state.UnmarshalText([]byte("fine"))
	if err == nil || !strings.Contains(err.Error(), `"fine"`) || !strings.Contains(err.Error(), `"too_small"`) {
		t.Errorf("error %v, want the word and the words there are", err)
	}
	if state != finding.Growing {
		t.Error("a failed UnmarshalText changed the state")
	}
}

func TestStatesFromBadToGood(t *testing.T) {
	want := []string{"leak", "exploded", "stopped", "lagging", "too_small", "suspect", "growing", "unknown", "too_early", "ok"}
	var got []string
	for _, state := range finding.States() {
		got = append(got, state.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("states %q, want %q", got, want)
	}
	finding.States()[0] = finding.OK
	if finding.States()[0] != finding.Leaking {
		t.Error("States hands out its own table")
	}
}

func TestWorseIsAStrictOrder(t *testing.T) {
	states := finding.States()
	for i, a := range states {
		for j, b := range states {
			if a.Worse(b) != (i < j) {
				t.Errorf("%v.Worse(%v) is %v", a, b, a.Worse(b))
			}
		}
	}
}

func TestWorst(t *testing.T) {
	of := func(states ...finding.State) (findings []finding.Finding) {
		for _, s := range states {
			findings = append(findings, finding.Finding{State: s})
		}
		return findings
	}
	for _, test := range []struct {
		findings []finding.Finding
		want     finding.State
	}{
		{nil, finding.Unknown},
		{of(finding.OK), finding.OK},
		{of(finding.OK, finding.TooEarly), finding.TooEarly},
		{of(finding.Unknown, finding.OK), finding.Unknown},
		{of(finding.Growing, finding.Leaking, finding.Stopped), finding.Leaking},
		{of(finding.TooSmall, finding.Lagging), finding.Lagging},
		{of(finding.State(99), finding.OK), finding.Unknown},
		{of(finding.State(99), finding.Leaking), finding.Leaking},
	} {
		if got := finding.Worst(test.findings); got != test.want {
			t.Errorf("the worst of %v is %v, want %v", test.findings, got, test.want)
		}
	}
}

func TestJSONLeavesOutWhatIsNotKnown(t *testing.T) {
	text, err := json.Marshal(finding.Finding{Signal: "heap", Summary: "All well.", Culprits: []finding.Culprit{{Name: "main.f"}}})
	want := `{"signal":"heap","state":"unknown","summary":"All well.","culprits":[{"name":"main.f"}]}`
	if err != nil || string(text) != want {
		t.Errorf("got  %s, %v\nwant %s", text, err, want)
	}
}

// A report outlives the program that wrote it, and may come from a newer one.
func TestStatesOfANewerVersionReadAsUnknown(t *testing.T) {
	for text, want := range map[string]finding.State{
		`"melting"`: finding.Unknown, `""`: finding.Unknown, `"leak"`: finding.Leaking, `null`: finding.Unknown,
	} {
		state := finding.Growing
		if err := json.Unmarshal([]byte(text), &state); err != nil || state != want {
			t.Errorf("%s reads as %v, %v", text, state, err)
		}
	}
	state := finding.Growing
	if err := json.Unmarshal([]byte(`7`), &state); err == nil || state != finding.Growing {
		t.Errorf("a number reads as %v, %v", state, err)
	}
}

func TestJSONThereAndBack(t *testing.T) {
	full := finding.Finding{
		Signal: "heap", State: finding.Leaking, Summary: "It leaks.",
		Since: time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC), PerHour: 18e6, Low: 17e6, High: 19e6, Unit: "By", Cause: "map",
		Culprits: []finding.Culprit{{Name: "main.f", File: "main.go", Line: 7, Share: 0.9}},
		Advice:   "Bound it.", How: []string{"rises in every third"},
		Forecast: finding.Forecast{At: time.Date(2026, 11, 8, 3, 0, 0, 0, time.UTC), Latest: time.Date(2026, 11, 9, 3, 0, 0, 0, time.UTC)},
	}
	text, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		`"signal":"heap"`, `"state":"leak"`, `"since":"2026-11-01T10:00:00Z"`, `"per_hour":18000000`, `"unit":"By"`,
		`"cause":"map"`, `"file":"main.go"`, `"line":7`, `"share":0.9`, `"advice":"Bound it."`, `"how":["rises in every third"]`,
	} {
		if !strings.Contains(string(text), key) {
			t.Errorf("%s is missing in %s", key, text)
		}
	}
	var back finding.Finding
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if again, _ := json.Marshal(back); string(again) != string(text) {
		t.Errorf("there and back gives %s, was %s", again, text)
	}
}

func FuzzState(f *testing.F) {
	for _, word := range words {
		f.Add([]byte(word))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var state finding.State
		if state.UnmarshalText(text) == nil && state.String() != string(text) {
			t.Errorf("%q reads as %v", text, state)
		}
	})
}
