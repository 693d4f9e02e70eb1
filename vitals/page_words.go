package vitals

import (
	"path"
	"strings"

	"github.com/govitals/govitals/finding"
)

// symbols stand beside the words of states, so that nothing is said by colour alone.
// Fonts everywhere have them.
var symbols = map[finding.State]string{
	finding.OK: "✓", finding.TooEarly: "…", finding.Unknown: "?", finding.Growing: "↗", finding.Suspect: "⚠",
	finding.Leaking: "✖", finding.Lagging: "◔", finding.Stopped: "■", finding.Exploded: "✱", finding.TooSmall: "▼",
}

func symbol(state finding.State) string { return symbols[state] }

// headline cuts the verdict line after the words in capitals that it begins with.
func headline(summary string, state finding.State) (word, said string) {
	word, said = capitals(summary)
	if word = strings.TrimRight(word, ",.:"); word == "" {
		return strings.ToUpper(stateWord(state)), summary
	}
	return word, said
}

// nameOf is the program in one word, for the title of the window.
func nameOf(r Report) string {
	if name := path.Base(r.Build.Program); name != "." && name != "/" {
		return name
	}
	return "vitals"
}
