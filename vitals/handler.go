package vitals

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/gate"
	"github.com/govitals/govitals/internal/style"
)

// Handler serves the debug pages of the process:
//
//	/debug/vitals        the report; ?format=html, text, md or json decides
//	/debug/heap          the heap, see heap.Handler
//	/debug/goroutines    goroutines by the go statement that started them
//	/debug/inflight      requests that run now, the oldest first
//	/debug/cardinality   guarded metrics, and labels that exploded
//	/debug/stalls        what held the process up lately
//
// The page of the report shows ?range=10m, 90m or 24h. In JSON, ?history=1 and
// ?since=10m add the points of its charts. The other pages have ?format=html, text
// or json too; values of labels, which may name users, are left out unless
// ?labels=show or ?values=show asks for them.
//
// Mount it at "/debug/"; only the last element of the path counts, so any other
// prefix works too. Who may look is said in the package documentation.
func (v *Vitals) Handler() http.Handler { return v.handler }

// routes connects the pages. Everything is behind the gate, what does not exist
// too, so that a stranger cannot tell one from the other.
func (v *Vitals) routes() http.Handler {
	protect := func(name string, page http.HandlerFunc) http.Handler { return v.gate.Protect(name, page) }
	pages := map[string]http.Handler{
		"vitals":      protect("vitals", v.serveReport),
		"vitals.css":  protect("other", style.Serve),
		"vitals.js":   protect("other", serveScript),
		"vitals.svg":  protect("other", serveIcon),
		"heap":        v.gate.Protect("heap", v.heapHandler(), gate.AllowPOST),
		"goroutines":  protect("goroutines", v.serveGoroutines),
		"inflight":    protect("inflight", v.serveInFlight),
		"cardinality": protect("cardinality", v.serveCardinality),
		"stalls":      protect("stalls", v.serveStalls),
	}
	missing := protect("other", serveMissing)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, known := pages[path.Base(r.URL.Path)]
		if !known {
			page = missing
		}
		page.ServeHTTP(w, r)
	})
}

// heapHandler has no gate of its own to pass: requests come through ours.
func (v *Vitals) heapHandler() http.Handler {
	return heap.Handler(heap.HandlerConfig{
		Monitor: v.monitor, Sites: v.sites, Recorder: v.recorder, Findings: v, Sizer: v.sizer,
	})
}

func serveMissing(w http.ResponseWriter, r *http.Request) {
	http.Error(w, `There is no such debug page. There are:

  /debug/vitals        the report in words
  /debug/heap          the heap profile
  /debug/goroutines    goroutines by the go statement that started them
  /debug/inflight      requests that run now
  /debug/cardinality   guarded metrics, and labels that exploded
  /debug/stalls        what held the process up lately`, http.StatusNotFound)
}

// contentTypes are those of the formats that ?format= names.
var contentTypes = map[string]string{
	"html": "text/html; charset=utf-8",
	"text": "text/plain; charset=utf-8",
	"json": "application/json",
	"md":   "text/markdown; charset=utf-8",
	"live": "application/json",
}

// asked is what a request for the report asks for.
type asked struct {
	format string
	span   timeSpan
	since  time.Time // of the points in JSON; zero is without
	key    string
}

func askedFor(r *http.Request) (asked, error) {
	query := r.URL.Query()
	a := asked{format: formatOf(r)}
	if contentTypes[a.format] == "" {
		return a, fmt.Errorf("format is %.40q: use html, text, md or json", a.format)
	}
	var err error
	if a.span, err = spanOf(query.Get("range")); err != nil {
		return a, err
	}
	a.key = a.format + " " + a.span.name
	if a.format != "json" {
		return a, nil
	}
	at, points, err := sinceOf(query.Get("since"), query.Get("history"), time.Now())
	if points {
		a.since = at
		a.key += " since " + query.Get("since")
	}
	return a, err
}

func (v *Vitals) serveReport(w http.ResponseWriter, r *http.Request) {
	a, err := askedFor(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	page := gate.Page{
		Key: a.key, ContentType: contentTypes[a.format],
		Render: func(_ context.Context, w io.Writer) error { return v.render(w, a) },
	}
	if a.format == "live" { // whoever has what the history said last need not draw it again
		page.Validator = func() string { return fmt.Sprintf("%x-%d", v.started.UnixNano(), v.past.count()) }
	}
	v.gate.Serve(w, r, page)
}

// render reads no more than the format shows.
func (v *Vitals) render(w io.Writer, a asked) error {
	switch a.format {
	case "json":
		return writeJSON(w, v.full(a.since))
	case "html":
		return pages.ExecuteTemplate(w, "page", v.page(a.span))
	case "live":
		return renderLive(w, v.page(a.span))
	case "md":
		return v.writeMarkdown(w)
	}
	_, err := io.WriteString(w, v.words().String())
	return err
}

// page is the page over a span.
func (v *Vitals) page(span timeSpan) pageView {
	report := v.words()
	report.Panels = v.sight(report.At.Add(-span.length)).panels()
	return v.view(report, span)
}

// formatOf is what the client asks for: by name, or by what it accepts.
func formatOf(r *http.Request) string {
	accept := r.Header.Get("Accept")
	switch named := r.URL.Query().Get("format"); {
	case named != "":
		return named
	case strings.Contains(accept, "text/html"):
		return "html"
	case strings.Contains(accept, "application/json"):
		return "json"
	}
	return "text"
}

func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
