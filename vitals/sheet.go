package vitals

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/govitals/govitals/internal/gate"
	"github.com/govitals/govitals/internal/text"
)

// sheet is a page of tables beside the report: one model with three faces.
type sheet struct {
	At     time.Time   `json:"at"`
	Title  string      `json:"title"`
	Words  []string    `json:"words,omitempty"`
	Tables []Table     `json:"tables"`
	Notes  []string    `json:"notes,omitempty"`
	Links  []sheetLink `json:"-"`
}

// maxCell bounds the text of a cell, in bytes.
const maxCell = 2000

// sheetLink leads to another form of the sheet.
type sheetLink struct{ Link, Text string }

func (s *sheet) say(words string, a ...any) {
	s.Words = append(s.Words, text.Clean(fmt.Sprintf(words, a...), maxCell))
}
func (s *sheet) note(words string, a ...any) {
	s.Notes = append(s.Notes, text.Clean(fmt.Sprintf(words, a...), maxCell))
}

// add adds a table, or says why there is none.
func (s *sheet) add(t Table, empty string) {
	for _, row := range t.Rows {
		for i, words := range row {
			row[i] = text.Clean(words, maxCell)
		}
	}
	if len(t.Rows) > 0 {
		s.Tables = append(s.Tables, t)
	} else if empty != "" {
		s.say("%s", empty)
	}
}

func (s *sheet) write(w io.Writer, format string) error {
	switch format {
	case "json":
		return writeJSON(w, s)
	case "html":
		return s.writeHTML(w)
	}
	return s.writeText(w)
}

func (s *sheet) writeHTML(w io.Writer) error {
	views := make([]*tableView, len(s.Tables))
	for i, t := range s.Tables {
		views[i] = tableOf(t, false)
	}
	return pages.ExecuteTemplate(w, "sheet", struct {
		*sheet
		Tables []*tableView
	}{s, views})
}

// writeText is for terminals. Names that others chose cannot steer them: see add.
func (s *sheet) writeText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(t, "%s\n\n", s.Title)
	for _, words := range s.Words {
		fmt.Fprintf(t, "%s\n", words)
	}
	for _, table := range s.Tables {
		fmt.Fprintf(t, "\n%s\n%s\n", table.Title, strings.Join(table.Columns, "\t"))
		for _, row := range table.Rows {
			fmt.Fprintln(t, strings.Join(row, "\t"))
		}
	}
	fmt.Fprintln(t)
	for _, words := range s.Notes {
		fmt.Fprintf(t, "%s\n", words)
	}
	fmt.Fprintln(t, asOf(s.At))
	return t.Flush()
}

// sheetPage is a page beside the report.
type sheetPage struct {
	key   string
	reuse time.Duration
	make  func() (*sheet, error)
}

func (v *Vitals) serveSheet(w http.ResponseWriter, r *http.Request, p sheetPage) {
	format := formatOf(r)
	if format != "html" && format != "text" && format != "json" {
		http.Error(w, fmt.Sprintf("format is %.40q: use html, text or json", format), http.StatusBadRequest)
		return
	}
	v.gate.Serve(w, r, gate.Page{
		Key: p.key + " " + format, ContentType: contentTypes[format], Reuse: p.reuse,
		Render: func(_ context.Context, w io.Writer) error {
			s, err := p.make()
			if err != nil {
				return err
			}
			return s.write(w, format)
		},
	})
}
