package vitals

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/gate"
	"github.com/govitals/govitals/internal/style"
)

// Handler serves the debug pages of the process:
//
//	/debug/vitals   the report; ?format=html, text, md or json decides
//	/debug/heap     the heap, see heap.Handler
//
// Mount it at "/debug/"; only the last element of the path counts, so any other
// prefix works too. Who may look is said in the package documentation.
func (v *Vitals) Handler() http.Handler { return v.handler }

// routes connects the pages. Everything is behind the gate, what does not exist
// too, so that a stranger cannot tell one from the other.
func (v *Vitals) routes() http.Handler {
	pages := map[string]http.Handler{
		"vitals":     v.gate.Protect("vitals", http.HandlerFunc(v.serveReport)),
		"vitals.css": v.gate.Protect("other", http.HandlerFunc(style.Serve)),
		"heap":       v.gate.Protect("heap", v.heapHandler(), gate.AllowPOST),
	}
	missing := v.gate.Protect("other", http.HandlerFunc(serveMissing))
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
	http.Error(w, "There is no such debug page. There are:\n\n  /debug/vitals   the report in words\n  /debug/heap     the heap profile", http.StatusNotFound)
}

// renderers write a report in the formats that ?format= names.
var renderers = map[string]struct {
	contentType string
	render      func(io.Writer, Report) error
}{
	"html": {"text/html; charset=utf-8", renderHTML},
	"text": {"text/plain; charset=utf-8", renderText},
	"json": {"application/json", renderJSON},
	"md":   {"text/markdown; charset=utf-8", renderMarkdown},
}

func (v *Vitals) serveReport(w http.ResponseWriter, r *http.Request) {
	format := reportFormat(r)
	as, known := renderers[format]
	if !known {
		http.Error(w, fmt.Sprintf("format is %.40q: use html, text, md or json", format), http.StatusBadRequest)
		return
	}
	v.gate.Serve(w, r, gate.Page{
		Key: format, ContentType: as.contentType,
		Render: func(_ context.Context, w io.Writer) error { return as.render(w, v.Report()) },
	})
}

// reportFormat is what the client asks for: by name, or by what it accepts.
func reportFormat(r *http.Request) string {
	accept := r.Header.Get("Accept")
	switch asked := r.URL.Query().Get("format"); {
	case asked != "":
		return asked
	case strings.Contains(accept, "text/html"):
		return "html"
	case strings.Contains(accept, "application/json"):
		return "json"
	}
	return "text"
}

func renderJSON(w io.Writer, report Report) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}

func renderText(w io.Writer, report Report) error {
	_, err := io.WriteString(w, report.String())
	return err
}

func renderMarkdown(w io.Writer, report Report) error {
	_, err := io.WriteString(w, report.Markdown())
	return err
}

// writeMarkdown is the report that goes with a capture.
func (v *Vitals) writeMarkdown(w io.Writer) error { return renderMarkdown(w, v.Report()) }

//go:embed page.html
var pageText string

var page = template.Must(template.New("vitals").Parse(pageText))

func renderHTML(w io.Writer, report Report) error { return page.Execute(w, report) }
