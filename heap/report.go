package heap

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/chart"
	"github.com/govitals/govitals/internal/text"
)

// report is what the handler knows about the heap, for its several forms.
type report struct {
	Snapshot Snapshot
	Verdict  string // the worst finding about memory, "" without one
	State    finding.State
	Findings []finding.Finding
	Owners   []owner
	Growth   []SiteGrowth
	Since    time.Time // the beginning of Growth
	Readings int       // that Growth is made from
	Unread   string    // why there is no Growth
	Own      uint64
	Moments  []moment // what a difference can count from
	History  []HistoryPoint
	Captures []Capture
	Size     Advice // what would fit
	Advice   string // the same in words, "" without a Sizer
}

// owner is one of those who hold memory.
type owner struct {
	Name    string `json:"name"`
	Bytes   uint64 `json:"bytes"`
	Meaning string `json:"meaning"`
}

// sitesShown is how many growing sites a report names.
const sitesShown = 10

func (h *handler) report() report {
	s := h.snapshot()
	r := report{Snapshot: s, Owners: owners(s)}
	h.addFindings(&r)
	h.addSites(&r)
	if h.config.Monitor != nil {
		r.History = h.config.Monitor.History(time.Time{})
	}
	if h.config.Recorder != nil {
		r.Captures = h.config.Recorder.Captures()
	}
	h.addAdvice(&r)
	r.setVerdict()
	return r
}

// snapshot is that of the monitor if there is one that runs, else a reading of
// its own.
func (h *handler) snapshot() Snapshot {
	var s Snapshot
	if h.config.Monitor != nil {
		s = h.config.Monitor.Snapshot()
	}
	if s.At.IsZero() {
		Read(&s.Stats)
	}
	return s
}

// memorySignals are the signals whose findings belong into a report on memory.
var memorySignals = map[string]bool{"heap": true, "rss": true, "setup": true, "off_heap": true, "stacks": true}

// maxSentence bounds in bytes what somebody else says.
const maxSentence = 4096

func (h *handler) addFindings(r *report) {
	source := h.config.Findings
	if source == nil && h.config.Monitor != nil {
		source = h.config.Monitor
	}
	if source == nil {
		return
	}
	for _, f := range source.Findings() {
		if memorySignals[f.Signal] {
			f.Summary, f.Advice = text.Clean(f.Summary, maxSentence), text.Clean(f.Advice, maxSentence)
			r.Findings = append(r.Findings, f)
		}
	}
}

func (h *handler) addAdvice(r *report) {
	r.Size = RightSize(h.config.Sizer, growthOf(r.Findings))
	if h.config.Sizer == nil {
		return
	}
	r.Advice = r.Size.String()
	if r.Size.Verdict == VerdictTooSmall {
		r.Findings = r.Size.addTo(r.Findings)
		r.Advice = strings.TrimPrefix(r.Advice, r.Size.Summary+"\n") // it stands among the findings
	}
}

// isNote reports advice on the setup. It says nothing about how the process is.
func isNote(f finding.Finding) bool { return f.Signal == "setup" && f.State == finding.OK }

// setVerdict makes the first of the worst findings head the report.
func (r *report) setVerdict() {
	r.State = finding.Worst(r.Findings)
	for _, f := range r.Findings {
		if f.State == r.State && !isNote(f) {
			r.Verdict = f.Summary
			return
		}
	}
}

func (h *handler) addSites(r *report) {
	sites := h.config.Sites
	if h.ownSites {
		sites.Step()
	}
	if err := sites.Err(); err != nil {
		r.Unread = err.Error()
	}
	r.Growth, r.Own, r.Moments = growers(sites.Growth(sitesShown)), sites.Own(), sites.moments()
	if kept := sites.Kept(); len(kept) > 0 {
		r.Since, r.Readings = kept[0], len(kept)
	}
}

// growers leaves out sites that shrank: a difference shows them, a report is about
// what grew.
func growers(all []SiteGrowth) []SiteGrowth {
	return slices.DeleteFunc(all, func(g SiteGrowth) bool { return g.Bytes <= 0 })
}

// owners are the parts of the process's memory, the largest kinds first as far
// as the heap goes.
func owners(s Snapshot) []owner {
	all := []owner{
		{"live", s.Live, "survived the latest garbage collection"},
		{"young", s.Young, "allocated since, or dead and not swept yet"},
		{"unused", s.Unused, "reserved for objects, holds none"},
		{"idle", s.Idle, "free, not yet given back"},
		{"stacks", s.Stacks, "of goroutines"},
		{"profiler", s.ProfilerBuckets, "the runtime's own profiles"},
		{"metadata", s.Metadata, "the runtime's tables"},
	}
	if s.Cycles == 0 {
		all = append([]owner{{"objects", s.Objects, "on the heap; no collection has ended yet"}}, all[2:]...)
	}
	if s.Kernel.OffHeap > 0 {
		all = append(all, owner{"off-heap", uint64(s.Kernel.OffHeap), "resident besides: C code, mmap, the program"})
	}
	return all
}

// bar draws a share of a whole in cells.
func bar(bytes, of uint64) string {
	const cells = 24
	if of == 0 {
		return ""
	}
	return strings.Repeat("█", int((bytes*cells+of-1)/of))
}

// largest is what the longest bar stands for.
func (r report) largest() (bytes uint64) {
	for _, o := range r.Owners {
		bytes = max(bytes, o.Bytes)
	}
	return bytes
}

// growthSpan says which time the growth is about.
func (r report) growthSpan() string {
	if r.Since.IsZero() {
		return "no reading yet"
	}
	span := max(0, r.Snapshot.At.Sub(r.Since)) // the monitor may have read before the first of them
	return fmt.Sprintf("in %s, since %s", text.Duration(span), r.Since.UTC().Format("15:04:05"))
}

// chart draws live memory over the history.
func (r report) chart() chart.Chart {
	c := chart.Chart{Title: "Live memory", Unit: "By"}
	for _, p := range r.History {
		c.Points = append(c.Points, chart.Point{At: p.At, Min: float64(p.Live.Min), Max: float64(p.Live.Max), Last: float64(p.Live.Last)})
	}
	if limit, ok := r.Snapshot.Limit(); ok {
		c.Limit = float64(limit.Bytes)
	}
	return c
}

// writeReport writes the report in one of its forms.
func (h *handler) writeReport(w io.Writer, format string) error {
	r := h.report()
	switch format {
	case "html":
		return r.writeHTML(w)
	case "json":
		return r.writeJSON(w)
	case "md":
		return r.writeMarkdown(w)
	case "yaml":
		_, err := io.WriteString(w, r.Size.Kubernetes())
		return err
	}
	_, err := io.WriteString(w, r.text())
	return err
}
