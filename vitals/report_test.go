package vitals

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

var update = flag.Bool("update", false, "rewrite testdata/report.v1.json")

const golden = "testdata/report.v1.json"

// full is a report in which every field has a value, the same each time.
func full() Report {
	var r Report
	fill(reflect.ValueOf(&r).Elem(), "report")
	r.Schema = Schema
	return r
}

func fill(v reflect.Value, name string) {
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = noon
		return
	case *finding.State:
		*at = finding.Leaking
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("a " + strings.ToLower(name))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(3)
	case reflect.Uint, reflect.Uint64, reflect.Uint32:
		v.SetUint(3)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Name)
		}
	default:
		panic("fill does not know " + v.Kind().String())
	}
}

func encode(t testing.TB, r Report) []byte {
	t.Helper()
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

// What programs read must not change. A new field is added to the file with
// go test ./vitals -run TestSchema -update; a field that vanishes or is renamed
// breaks those who read it and needs another schema.
func TestSchemaIsThatOfTheGoldenFile(t *testing.T) {
	now := encode(t, full())
	if *update {
		if err := os.WriteFile(golden, now, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(now, want) {
		t.Errorf("the form of the report has changed, it is now\n%s", now)
	}
}

func TestEveryFieldIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/REPORT.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys(reflect.TypeFor[Report]()) {
		if !strings.Contains(string(doc), "`"+key+"`") {
			t.Errorf("docs/REPORT.md does not say what `%s` is", key)
		}
	}
	for _, state := range finding.States() {
		if !strings.Contains(string(doc), "`"+state.String()+"`") {
			t.Errorf("docs/REPORT.md does not say what the state `%s` is", state)
		}
	}
	for _, words := range openings {
		if !strings.Contains(string(doc), words) {
			t.Errorf("docs/REPORT.md does not say when a verdict begins with %q", words)
		}
	}
	for _, r := range rules {
		if !strings.Contains(string(doc), r.words) {
			t.Errorf("docs/REPORT.md does not say when a verdict begins with %q", r.words)
		}
	}
}

// keys are the names of all fields in JSON.
func keys(of reflect.Type) (all []string) {
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice:
		return keys(of.Elem())
	case reflect.Struct:
		if of == reflect.TypeFor[time.Time]() {
			return nil
		}
		for i := range of.NumField() {
			field := of.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			all = append(append(all, name), keys(field.Type)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestAReportComesBackAsItWas(t *testing.T) {
	r, err := ReadReport(bytes.NewReader(encode(t, full())))
	if err != nil || !reflect.DeepEqual(r, full()) {
		t.Errorf("%v\n%+v", err, r)
	}
}

func TestReportsOfOtherVersionsAreRead(t *testing.T) {
	const older = `{"schema":"govitals.report/v1","at":"2026-11-20T10:00:00Z","uptime_seconds":60,"state":"leak","summary":"LEAK.",
		"findings":[{"signal":"heap","state":"leak","summary":"It leaks.","per_hour":5}]}`
	const newer = `{"schema":"govitals.report/v1","at":"2027-11-20T10:00:00Z","uptime_seconds":60,"state":"melting","summary":"MELTING.",
		"mood":{"now":[1,2,{"x":null}]},"build":{"go":"go1.30","licence":"x"},
		"findings":[{"signal":"core","state":"melting","summary":"Hot.","kelvin":900,"culprits":[{"name":"f","shade":"red"}]},{"signal":"heap","state":"ok","summary":"Fine."}]}`
	r, err := ReadReport(strings.NewReader(older))
	if err != nil || r.State != finding.Leaking || r.Findings[0].PerHour != 5 || r.Panels != nil || r.Figures != nil || r.Build != (Build{}) {
		t.Errorf("older: %v %+v", err, r)
	}
	if s := r.String() + r.Markdown(); !strings.Contains(s, "It leaks.") {
		t.Errorf("older: %s", s)
	}
	r, err = ReadReport(strings.NewReader(newer))
	if err != nil || r.State != finding.Unknown || r.Findings[0].State != finding.Unknown || r.Findings[1].State != finding.OK || r.Build.Go != "go1.30" {
		t.Errorf("newer: %v %+v", err, r)
	}
	if s := string(encode(t, r)); strings.Contains(s, "kelvin") || strings.Contains(s, "mood") {
		t.Errorf("what is not known was kept: %s", s)
	}
}

func TestWhatIsNoReportIsRefusedWithTheReason(t *testing.T) {
	for from, want := range map[string]string{
		"":                                "no JSON object",
		"<!DOCTYPE html><title>Sign in":   `begins with "<!DOCTYPE html><title>Sign in"`,
		"LEAK. Live memory":               "?format=json",
		"{":                               "no JSON",
		"[]":                              "no JSON object",
		`{"schema":"govitals.report/v2"}`: `"govitals.report/v2", and this version of govitals reads "govitals.report/v1"`,
		`{"schema":"cyclonedx"}`:          "no report of govitals",
		`{}`:                              `no "schema"`,
		`{"schema":"govitals.report/v1","findings":7}`: "findings",
		"\x1b[31m{}": `\x1b[31m`,
	} {
		if _, err := ReadReport(strings.NewReader(from)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want %q", from, err, want)
		}
	}
	if _, err := ReadReport(endless{}); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("an endless report: %v", err)
	}
}

// endless is a body that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestBuildNamesTheProgramAndNothingElse(t *testing.T) {
	info := &debug.BuildInfo{
		GoVersion: "go1.26.8", Path: "example.org/shop/cmd/server", Main: debug.Module{Path: "example.org/shop", Version: "v1.42.0"},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "3fa4b21c9d0e11223344"}, {Key: "vcs.modified", Value: "true"},
			{Key: "-ldflags", Value: "-X main.password=secret"}, {Key: "CGO_CFLAGS", Value: "-I/home/alice"},
		},
	}
	b := buildOf(info)
	if got := b.String(); got != "example.org/shop/cmd/server v1.42.0 (3fa4b21c9d0e, with changes), go1.26.8" {
		t.Errorf("the build is %s", got)
	}
	data, err := json.Marshal(b)
	if err != nil || strings.Contains(string(data), "secret") || strings.Contains(string(data), "alice") {
		t.Errorf("%v: %s", err, data)
	}
	if got := buildOf(&debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "(devel)"}}).String(); got != "go1.26.8" {
		t.Errorf("a build without a name is %q", got)
	}
	if thisBuild().Go == "" {
		t.Error("this test was built by no Go")
	}
}
