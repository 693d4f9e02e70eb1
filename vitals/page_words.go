package vitals

import (
	"path"
	"strings"
	"unicode"

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
	end := strings.IndexAny(summary, ".:")
	if end > 0 {
		head := summary[:end]
		if !strings.ContainsFunc(head, unicode.IsLower) {
			return head, strings.TrimSpace(summary[end+1:])
		}
	}
	for i, r := range summary { // "TOO EARLY to judge growth."
		if unicode.IsLower(r) && i > 1 {
			cut := strings.LastIndexByte(summary[:i], ' ')
			if cut > 0 {
				return summary[:cut], summary[cut+1:]
			}
			break
		}
	}
	return strings.ToUpper(stateWord(state)), summary
}

// nameOf is the program in one word, for the title of the window.
func nameOf(r Report) string {
	if name := path.Base(r.Build.Program); name != "." && name != "/" {
		return name
	}
	return "vitals"
}
