package vitals

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/govitals/govitals/eventloop"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/gate"
	"github.com/govitals/govitals/internal/ringdir"
	"github.com/govitals/govitals/internal/text"
)

const (
	// capturePrefix begins links to the files of captures.
	capturePrefix = "stalls?capture="
	// maxDescription bounds the description of a capture that is read from disk.
	maxDescription = 64 << 10
	// maxCaptureName is above the length of all names that ringdir gives.
	maxCaptureName = 200
	// shownCaptures bounds the captures that are listed.
	shownCaptures = 30
)

// serveStalls lists what held the process up lately, or hands out a file of a capture.
func (v *Vitals) serveStalls(w http.ResponseWriter, r *http.Request) {
	if id := r.URL.Query().Get("capture"); id != "" {
		v.serveStallFile(w, r, id)
		return
	}
	v.serveSheet(w, r, sheetPage{key: "stalls", make: func() (*sheet, error) { return v.stallsSheet(), nil }})
}

func (v *Vitals) stallsSheet() *sheet {
	s := &sheet{At: time.Now(), Title: "Stalls"}
	if v.probe == nil {
		s.say("Not measured: Config.NoProbe is set.")
		return s
	}
	now := v.probe.Snapshot()
	var count uint64
	for _, of := range now.Stalls {
		count += of.Count
	}
	s.say("%s since the start, %s in all: times in which nothing that was ready ran for Config.StallThreshold or longer.",
		text.Count(int(count), "stall"), text.Duration(seconds(now.StallSeconds)))
	if now.Overdue > 0 {
		s.say("One goes on: for %s so far.", text.Duration(now.Overdue))
	}
	s.add(stallTable(v.past.stallNotes()), "None is remembered.")
	v.addCaptures(s)
	return s
}

func stallTable(notes []stallNote) Table {
	t := Table{Title: "The latest first", Columns: []string{"ended", "cause", "stalls", "in all", "longest wait then", "what it means"}}
	for _, note := range notes {
		t.Rows = append(t.Rows, []string{
			stamp(note.To), string(note.Cause), text.Figure(float64(note.Count), ""),
			brief(note.Total.Seconds()), brief(note.Longest.Seconds()), note.Cause.Sentence(),
		})
	}
	return t
}

// stallFile is what the page reads of the description of a capture, which is
// eventloop.CaptureSchema.
type stallFile struct {
	Start    time.Time         `json:"start"`
	Lag      float64           `json:"lag_seconds"`
	Cause    eventloop.Cause   `json:"cause"`
	Evidence string            `json:"evidence"`
	Culprits []finding.Culprit `json:"culprits"`
}

func (v *Vitals) addCaptures(s *sheet) {
	dir := v.stallDir()
	if dir == nil {
		s.note("Nothing is captured: set Config.CaptureDir for traces and profiles of stalls, and Config.NameStall for who is to blame.")
		return
	}
	records, err := dir.Records()
	if err != nil {
		s.note("Captures cannot be listed: %v.", err)
		return
	}
	t := Table{Title: "Captures on disk", Columns: []string{"began", "cause", "lag", "culprit", "evidence", "description", "trace", "profile"}}
	for _, record := range records[:min(len(records), shownCaptures)] {
		t.Rows = append(t.Rows, captureRow(dir, record))
	}
	s.add(t, "No stall was captured yet.")
}

// captureRow reads the description of a capture. One that cannot be read is listed
// with what its name says.
func captureRow(dir *ringdir.Dir, record ringdir.Record) []string {
	var about stallFile
	links := map[string]string{}
	for _, file := range record.Files {
		links[file.Ext] = capturePrefix + file.Name
		if file.Ext == "json" {
			_ = about.read(dir, file.Name)
		}
	}
	began, lag, culprit := about.Start, "–", "–"
	if began.IsZero() {
		began = record.At
	}
	if about.Lag > 0 {
		lag = brief(about.Lag)
	}
	if len(about.Culprits) > 0 {
		c := about.Culprits[0]
		culprit = cut(c.Name) + " " + place(c.Name, c.File, c.Line)
	}
	row := []string{stamp(began), cmp.Or(cut(string(about.Cause)), "–"), lag, culprit, about.Evidence}
	for _, ext := range []string{"json", "trace", "pb.gz"} {
		row = append(row, links[ext])
	}
	return row
}

func (f *stallFile) read(dir *ringdir.Dir, name string) error {
	file, err := dir.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return json.NewDecoder(io.LimitReader(file, maxDescription)).Decode(f)
}

// stallDir reads where the captures of stalls are; nil without Config.CaptureDir.
func (v *Vitals) stallDir() *ringdir.Dir {
	if v.config.CaptureDir == "" {
		return nil
	}
	return ringdir.New(ringdir.Config{Dir: filepath.Join(v.config.CaptureDir, "stalls"), Main: "json"})
}

func (v *Vitals) serveStallFile(w http.ResponseWriter, r *http.Request, id string) {
	dir := v.stallDir()
	if dir == nil || len(id) > maxCaptureName {
		http.Error(w, "There is no such capture: see /debug/stalls.", http.StatusNotFound)
		return
	}
	v.gate.Serve(w, r, gate.Page{
		Key: "capture " + id, ContentType: stallType(id), Filename: path.Base(id),
		Render: func(_ context.Context, w io.Writer) error {
			file, err := dir.Open(id)
			if err != nil {
				return fmt.Errorf("there is no such capture: see /debug/stalls: %w", err)
			}
			defer file.Close()
			_, err = io.Copy(w, file)
			return err
		},
	})
}

func stallType(id string) string {
	if strings.HasSuffix(id, ".json") {
		return "application/json"
	}
	return "application/octet-stream"
}
