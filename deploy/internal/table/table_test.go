package table

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

const page = "../../../docs/METRICS.md"

func TestRead(t *testing.T) {
	t.Parallel()
	metrics, err := Read(page)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Count(string(text), "\n## "); len(metrics) != want {
		t.Errorf("read %d metrics of %d headings", len(metrics), want)
	}
	want := Metric{
		Name: "govitals_finding_state", Kind: "gauge", Unit: "{state}", Labels: []string{"signal", "state"},
		Help:     "1 for the worst state that a signal is in; the other states are absent.",
		Action:   "Alert on the states leak, exploded, stopped and too_small; the report says what to do.",
		OTelName: "govitals.finding.state",
	}
	for _, m := range metrics {
		if m.Name == want.Name && !reflect.DeepEqual(m, want) {
			t.Errorf("read %+v, want %+v", m, want)
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "no heading",
		"# Metrics\n":                "no heading",
		"\n## govitals_x\n\nHelp.\n": `"govitals_x"`,
		"\n## govitals_x\n\nHelp.\n\n- What to do: x\n- Kind: gauge\n": `"govitals_x"`,
	} {
		if metrics, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %v, %v; want an error with %s", text, metrics, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("\n## a\n\nHelp.\n\n- What to do: x\n- Kind: gauge, unit `s`, labels `a`, `b`\n- OpenTelemetry: `a.b`\n")
	f.Add("\n## \n\n## \n")
	f.Fuzz(func(t *testing.T, text string) {
		metrics, err := Parse(text)
		if (err == nil) != (len(metrics) > 0) {
			t.Errorf("Parse(%q) = %v, %v", text, metrics, err)
		}
		for _, m := range metrics {
			if m.Name == "" || m.Help == "" || m.OTelName == "" || len(m.Series()) == 0 {
				t.Errorf("Parse(%q) has %+v", text, m)
			}
		}
	})
}
