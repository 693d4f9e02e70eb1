package compare

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// MaxReport is the most that a report may take.
const MaxReport = 16 << 20

// Bounds on what is taken out of a report, whoever wrote it.
const (
	maxPoints = 2000
	maxPlaces = 200
	maxName   = 400
)

// schemaPrefix is that of all reports, schema the one that is understood.
const (
	schemaPrefix = "govitals.report/"
	schema       = "govitals.report/v1"
)

// document is the part of a report that is read here; vitals.Report has all of it.
type document struct {
	Schema        string    `json:"schema"`
	At            time.Time `json:"at"`
	UptimeSeconds float64   `json:"uptime_seconds"`
	State         string    `json:"state"`
	Summary       string    `json:"summary"`
	Build         struct {
		Program, Version, Revision, Go string
		Modified                       bool
	} `json:"build"`
	Figures *struct {
		UptimeSeconds float64          `json:"uptime_seconds"`
		WarmUpSeconds float64          `json:"warm_up_seconds"`
		Requests      *json.RawMessage `json:"requests"`
		Series        float64          `json:"series"`
		History       []Point          `json:"history"`
		Sites         []struct {
			Name             string
			Bytes, Low, High float64
		} `json:"sites"`
		Creators []counted `json:"creators"`
		Labels   []counted `json:"labels"`
	} `json:"figures"`
}

type counted struct {
	Name  string
	Count float64
}

// Decode reads a report in JSON. The error says what it is instead.
func Decode(text []byte) (Side, error) {
	if err := check(text); err != nil {
		return Side{}, err
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return Side{}, fmt.Errorf("it is not a report of govitals: %w", err)
	}
	switch {
	case d.Schema == "":
		return Side{}, errors.New("it is JSON without a schema, not a report of govitals: ask for /debug/vitals?format=json")
	case !strings.HasPrefix(d.Schema, schemaPrefix):
		return Side{}, fmt.Errorf("its schema is %.60q, want %q: ask for /debug/vitals?format=json", d.Schema, schema)
	case d.Schema != schema:
		return Side{}, fmt.Errorf("its schema is %.60q, and this command understands %q: use the command of the same release as the library in the service", d.Schema, schema)
	}
	return d.side(), nil
}

// check tells the common mistakes apart before a parser speaks of characters.
func check(text []byte) error {
	begin := bytes.TrimSpace(text[:min(len(text), 512)])
	switch {
	case len(begin) == 0:
		return errors.New("it is empty")
	case len(text) > MaxReport:
		return fmt.Errorf("it is longer than %d MiB, which no report is", MaxReport>>20)
	case begin[0] == '<':
		return errors.New("it is HTML and not a report in JSON: a login page, or a proxy in front of the service; ask the service itself, with its token")
	case begin[0] != '{':
		return fmt.Errorf("it is not a report of govitals in JSON: it begins with %.40q", begin)
	}
	return nil
}

func (d *document) side() Side {
	s := Side{
		State: d.State, Summary: d.Summary, Build: d.build(), At: d.At, Uptime: known(d.UptimeSeconds),
		Started: d.At.Add(-time.Duration(min(known(d.UptimeSeconds), 1e9) * float64(time.Second))),
	}
	f := d.Figures
	if f == nil {
		return s
	}
	s.HasFigures, s.HasRequests = true, f.Requests != nil
	s.Uptime, s.WarmUp, s.Series = known(f.UptimeSeconds), known(f.WarmUpSeconds), known(f.Series)
	s.Points = ordered(f.History)
	for _, site := range f.Sites[:min(len(f.Sites), maxPlaces)] {
		s.Sites = append(s.Sites, Place{short(site.Name), known(site.Bytes), known(site.Low), known(site.High)})
	}
	s.Creators, s.Labels = places(f.Creators), places(f.Labels)
	return s
}

// build names the program by the last elements of its path, with its version.
func (d *document) build() string {
	words := []string{d.Build.Program, d.Build.Version}
	if d.Build.Version == "" && d.Build.Revision != "" {
		words[1] = d.Build.Revision[:min(len(d.Build.Revision), 12)]
		if d.Build.Modified {
			words = append(words, "modified")
		}
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	return short(strings.Join(words, " "))
}

func places(rows []counted) (all []Place) {
	for _, row := range rows[:min(len(rows), maxPlaces)] {
		all = append(all, Place{Name: short(row.Name), Value: known(row.Count)})
	}
	return all
}

// ordered drops what is no figure and what does not follow the point before: in age,
// or in what only rises.
func ordered(points []Point) (kept []Point) {
	points = slices.Clone(points[:min(len(points), maxPoints)])
	slices.SortStableFunc(points, func(a, b Point) int { return cmp.Compare(a.Age, b.Age) })
	for _, p := range points {
		p.clean()
		if len(kept) > 0 && !p.follows(kept[len(kept)-1]) {
			continue
		}
		kept = append(kept, p)
	}
	return kept
}

func (p *Point) clean() {
	for _, x := range []*float64{&p.Age, &p.CPU, &p.Collections, &p.Requests, &p.Failed, &p.Live, &p.RSS, &p.Goroutines, &p.Series, &p.P50, &p.P90, &p.P99, &p.Max} {
		*x = known(*x)
	}
}

func (p *Point) follows(before Point) bool {
	return p.Age > before.Age && p.CPU >= before.CPU && p.Requests >= before.Requests && p.Collections >= before.Collections
}

// known is x, and 0 where it is no figure that can be: nothing is larger than 1e18, or
// smaller than 1e-18 without being 0. Within, no quotient or square is infinite.
func known(x float64) float64 {
	if math.IsNaN(x) || x < 1e-18 || x > 1e18 {
		return 0
	}
	return x
}

func short(s string) string {
	if len(s) <= maxName {
		return s
	}
	return strings.ToValidUTF8(s[:maxName], "") + "…"
}
