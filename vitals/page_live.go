package vitals

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/govitals/govitals/finding"
)

// livePage is what the script of the page asks for again and again: the parts of the
// page that may have changed, rendered as in the page, so that there is one way to
// draw them. It reads the history and takes no profile.
type livePage struct {
	Title string            `json:"title"`
	State finding.State     `json:"state"`
	Live  string            `json:"live"`
	Parts map[string]string `json:"parts"`
}

func renderLive(w io.Writer, view pageView) error {
	page := livePage{Title: view.Title, State: view.State, Live: view.Live, Parts: map[string]string{}}
	part := func(id, template string, data any) error {
		var b strings.Builder
		err := pages.ExecuteTemplate(&b, template, data)
		page.Parts[id] = b.String()
		return err
	}
	for _, name := range []string{"verdict", "trouble", "calm"} {
		if err := part(name, name, view); err != nil {
			return err
		}
	}
	for _, p := range view.Panels {
		if err := part("part-"+p.Name, "panel", p); err != nil {
			return err
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // no browser takes JSON for a page: see the headers of the gate
	return encoder.Encode(page)
}
