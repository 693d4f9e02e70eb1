package metricdoc

import (
	"flag"
	"os"
	"testing"

	"github.com/govitals/govitals/internal/collect"
	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/vitals"
)

var update = flag.Bool("update", false, "write docs/METRICS.md")

const file = "../../docs/METRICS.md"

// declared returns the declarations of all parts of the library.
func declared(t *testing.T) []metric.Desc {
	t.Helper()
	v, err := vitals.Start(t.Context(), vitals.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	all := append(v.Describe(), collect.Dropped)
	seen := map[string]bool{}
	var once []metric.Desc
	for _, desc := range all { // both debug handlers count requests
		if !seen[desc.Name] {
			seen[desc.Name] = true
			once = append(once, desc)
		}
	}
	return once
}

func TestDocumentMatchesTheCode(t *testing.T) {
	want := Markdown(declared(t))
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s does not match the code: run go test ./internal/metricdoc -update", file)
	}
}

func TestEveryDeclarationIsValid(t *testing.T) {
	names := map[string]bool{}
	for _, desc := range declared(t) {
		if err := desc.Validate(); err != nil {
			t.Error(err)
		}
		if names[desc.PrometheusName()] {
			t.Errorf("two metrics are called %s", desc.PrometheusName())
		}
		names[desc.PrometheusName()] = true
	}
}
