package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/govitals/govitals/deploy/internal/table"
	"github.com/govitals/govitals/internal/need"
)

const (
	file = "dashboard.json"
	page = "../../docs/METRICS.md"
)

func TestFileMatchesTheCode(t *testing.T) {
	t.Parallel()
	want, err := generate(page)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
		t.Errorf("%s does not match docs/METRICS.md and the rows: run go generate ./deploy/...", file)
	}
}

// box is what the file says of a panel or a row. It is not the model that wrote it:
// the file must make sense to others.
type box struct {
	ID          int
	Type, Title string
	Description string
	Collapsed   bool
	GridPos     struct{ X, Y, W, H int }
	Datasource  struct{ Type, UID string }
	FieldConfig struct{ Defaults struct{ Unit string } }
	Panels      []box
	Targets     []struct {
		RefID, Expr string
		Datasource  struct{ UID string }
	}
}

func load(t *testing.T) (all []box, places [][]box) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		SchemaVersion int
		Panels        []box
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if d.SchemaVersion < 36 {
		t.Errorf("schemaVersion is %d", d.SchemaVersion)
	}
	places = [][]box{d.Panels}
	for _, b := range d.Panels {
		all = append(append(all, b), b.Panels...)
		places = append(places, b.Panels)
	}
	return all, places
}

func TestPanelsHaveTheirOwnPlace(t *testing.T) {
	t.Parallel()
	all, places := load(t)
	ids := map[int]string{}
	for _, b := range all {
		if b.ID == 0 || ids[b.ID] != "" {
			t.Errorf("%q and %q have the id %d", b.Title, ids[b.ID], b.ID)
		}
		ids[b.ID] = b.Title
	}
	for _, together := range places {
		for i, a := range together {
			if a.GridPos.W < 1 || a.GridPos.H < 1 || a.GridPos.X+a.GridPos.W > 24 {
				t.Errorf("%q is at %+v, which is not on the page", a.Title, a.GridPos)
			}
			for _, b := range together[:i] {
				if overlap(a.GridPos.X, a.GridPos.W, b.GridPos.X, b.GridPos.W) && overlap(a.GridPos.Y, a.GridPos.H, b.GridPos.Y, b.GridPos.H) {
					t.Errorf("%q lies on %q", a.Title, b.Title)
				}
			}
		}
	}
}

func overlap(a, length, b, other int) bool { return a < b+other && b < a+length }

func TestPanelsSayWhatTheyShow(t *testing.T) {
	t.Parallel()
	all, _ := load(t)
	for _, b := range all {
		if b.Type == "row" {
			continue
		}
		if b.FieldConfig.Defaults.Unit == "" || len(b.Description) < 20 || b.Title == "" {
			t.Errorf("panel %d %q lacks a title, a unit (%q) or a description (%q)", b.ID, b.Title, b.FieldConfig.Defaults.Unit, b.Description)
		}
		if b.Datasource.UID != "${datasource}" || b.Datasource.Type != "prometheus" || len(b.Targets) == 0 {
			t.Errorf("panel %q has %d queries of the data source %+v, want some of ${datasource}", b.Title, len(b.Targets), b.Datasource)
		}
		for _, q := range b.Targets {
			if q.Datasource.UID != "${datasource}" || q.RefID == "" {
				t.Errorf("panel %q, query %q: data source %q", b.Title, q.RefID, q.Datasource.UID)
			}
		}
	}
}

var (
	ours      = regexp.MustCompile(`\bgovitals_[a-z0-9_]+`)
	recording = regexp.MustCompile(`\bgovitals:[a-z0-9_:]+`)
)

func TestQueriesNameWhatExists(t *testing.T) {
	t.Parallel()
	metrics, err := table.Read(page)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range metrics {
		names = append(append(names, m.Name), m.Series()...)
	}
	rules, err := os.ReadFile("../prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	all, _ := load(t)
	shown := ""
	for _, b := range all {
		for _, q := range b.Targets {
			shown += q.Expr + "\n"
		}
	}
	for _, name := range ours.FindAllString(shown, -1) {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not in docs/METRICS.md", name)
		}
	}
	for _, name := range recording.FindAllString(shown, -1) {
		if !strings.Contains(string(rules), "record: "+name+"\n") {
			t.Errorf("%s is not recorded by deploy/prometheus/rules.yml", name)
		}
	}
	for _, m := range metrics {
		if !strings.Contains(shown, m.Name) {
			t.Errorf("no panel shows %s", m.Name)
		}
	}
}

// promtool parses expressions of rules, so each query is made one.
func TestQueriesParse(t *testing.T) {
	t.Parallel()
	program := need.Promtool(t)
	var rules strings.Builder
	rules.WriteString("groups:\n- name: queries\n  rules:\n")
	variables := strings.NewReplacer("$__rate_interval", "5m", "$job", ".*", "$instance", ".*")
	all, _ := load(t)
	count := 0
	for _, b := range all {
		for _, q := range b.Targets {
			count++
			expr, err := json.Marshal(variables.Replace(q.Expr)) // a JSON string is one of YAML
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&rules, "  - {record: 'query%d', expr: %s}\n", count, expr)
		}
	}
	written := filepath.Join(t.TempDir(), "queries.yml")
	if err := os.WriteFile(written, []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command(program, "check", "rules", written).CombinedOutput()
	if err != nil || !strings.Contains(string(output), fmt.Sprint(count, " rules found")) {
		t.Errorf("promtool: %v\n%s", err, output)
	}
}

func TestSchemaOfGrafana(t *testing.T) {
	t.Parallel()
	if output, fits := holdToSchema(t, file); !fits {
		t.Errorf("%s does not fit Grafana's schema: %s", file, output)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, bytes.Replace(text, []byte(`"gridPos"`), []byte(`"gridpos"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if output, fits := holdToSchema(t, broken); fits || !strings.Contains(output, "gridpos") {
		t.Errorf("a field that does not exist was let through: %s", output)
	}
}

// holdToSchema runs check/run.sh, which ends with 2 where something is missing that it
// needs.
func holdToSchema(t *testing.T, dashboard string) (output string, fits bool) {
	t.Helper()
	if testing.Short() {
		t.Skip("asks npm for Grafana's schema")
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	path, err := filepath.Abs(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command(bash, "check/run.sh", path).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	required := slices.Contains(strings.Split(os.Getenv(need.Require), ","), "npm")
	if exit != nil && exit.ExitCode() == 2 && !required {
		t.Skipf("not checked against Grafana's schema: %s", said)
	}
	return string(said), err == nil
}
