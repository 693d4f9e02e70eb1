package vitals

import (
	_ "embed"
	"fmt"
	"net/http"

	"github.com/govitals/govitals/finding"
)

//go:embed page.js
var script []byte

func serveScript(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write(script) // an error means that the client has left
}

// tones are the colours of the sign in the tab of a browser, which has no style sheet.
var tones = map[finding.State]string{
	finding.OK: "#1a7034", finding.TooEarly: "#57606a", finding.Growing: "#875400", finding.Suspect: "#875400", finding.Unknown: "#875400",
}

// serveIcon is the sign of a state, so that a tab in the background shows it.
func serveIcon(w http.ResponseWriter, r *http.Request) {
	var state finding.State
	if state.UnmarshalText([]byte(r.URL.Query().Get("state"))) != nil {
		state = finding.Unknown
	}
	tone := tones[state]
	if tone == "" {
		tone = "#b42318"
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="%s"/>`+
		`<text x="16" y="23" text-anchor="middle" font-family="sans-serif" font-size="20" fill="#fff">%s</text></svg>`, tone, symbol(state))
}
