package heap

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"io"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

//go:embed report.html
var pageText string

var page = template.Must(template.New("report").Funcs(template.FuncMap{"bytes": text.Bytes, "clock": clock, "label": label}).Parse(pageText))

// writeHTML writes the report for a browser. It needs no script and keeps to the
// gate's content security policy.
func (r report) writeHTML(w io.Writer) error {
	return page.Execute(w, map[string]any{
		"Report": r, "Heading": r.heading(), "Chart": r.chart().SVG(), "Largest": r.largest(),
		"Span": r.growthSpan(), "NoGrowth": r.noGrowth(),
	})
}

// heapSchema names the form of the report in JSON.
const heapSchema = "govitals.heap/v1"

// jsonReport is the report for programs. Sizes are bytes.
type jsonReport struct {
	Schema   string            `json:"schema"`
	At       time.Time         `json:"at"`
	State    finding.State     `json:"state"`
	Verdict  string            `json:"verdict,omitzero"`
	Cycles   uint64            `json:"cycles"`
	Live     uint64            `json:"live,omitzero"`
	Held     uint64            `json:"held"`
	Goal     uint64            `json:"goal"`
	RSS      uint64            `json:"rss,omitzero"`
	Owners   []owner           `json:"owners"`
	Limits   []jsonLimit       `json:"limits,omitempty"`
	Since    time.Time         `json:"growth_since,omitzero"`
	Growth   []jsonGrowth      `json:"growth,omitzero"`
	Unread   string            `json:"growth_unread,omitzero"`
	Moments  []moment          `json:"moments,omitzero"`
	Findings []finding.Finding `json:"findings,omitzero"`
}

type jsonLimit struct {
	Bytes  uint64 `json:"bytes"`
	Source string `json:"source"`
	File   string `json:"file,omitzero"`
}

// jsonLimits is never nil: in JSON that would be null.
func jsonLimits(limits []Limit) []jsonLimit {
	out := make([]jsonLimit, len(limits))
	for i, limit := range limits {
		out[i] = jsonLimit(limit)
	}
	return out
}

type jsonGrowth struct {
	Func    string  `json:"func"`
	File    string  `json:"file"`
	Line    int     `json:"line"`
	Bytes   int64   `json:"bytes"`
	Low     int64   `json:"low"`
	High    int64   `json:"high"`
	PerHour float64 `json:"per_hour"`
	Share   float64 `json:"share,omitzero"`
	Samples int64   `json:"samples"`
	MeanAge float64 `json:"mean_age_seconds,omitzero"`
	Words   string  `json:"words"`
}

func (r report) writeJSON(w io.Writer) error {
	s := r.Snapshot
	out := jsonReport{
		Schema: heapSchema, At: s.At, State: r.State, Verdict: r.Verdict, Cycles: s.Cycles,
		Live: s.Live, Held: s.Held, Goal: s.Goal, RSS: s.Kernel.RSS, Owners: r.Owners,
		Limits: jsonLimits(s.Limits), Since: r.Since, Unread: r.Unread, Moments: r.Moments, Findings: forJSON(r.Findings),
	}
	for _, g := range r.Growth {
		out.Growth = append(out.Growth, jsonGrowth{
			Func: g.Func, File: g.File, Line: g.Line, Bytes: g.Bytes, Low: g.Low, High: g.High, PerHour: g.PerHour,
			Share: g.Share, Samples: g.Samples, MeanAge: g.MeanAge.Seconds(), Words: g.String(),
		})
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}
