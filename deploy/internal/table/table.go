// Package table reads docs/METRICS.md, which is generated from the declarations of
// the metrics, so that what is deployed beside the library can be held to them:
//
//	metrics, err := table.Read("../../docs/METRICS.md")
//
// # Cost
//
// None for users: a generator and tests run it.
//
// # What it cannot see
//
// Whether the page is up to date: the test of internal/metricdoc sees to that.
package table

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Metric is one declared metric.
type Metric struct {
	// Name is the name in Prometheus.
	Name string
	// Help says what it is, Action what to do about it.
	Help, Action string
	// Kind is gauge, updowncounter, counter or histogram.
	Kind string
	// Unit is a UCUM code.
	Unit string
	// Labels are the names of its labels.
	Labels []string
	// OTelName is the name in OpenTelemetry.
	OTelName string
}

// Series returns the names under which a Prometheus server without native histograms
// stores the metric.
func (m Metric) Series() []string {
	if m.Kind == "histogram" {
		return []string{m.Name + "_bucket", m.Name + "_sum", m.Name + "_count"}
	}
	return []string{m.Name}
}

// Read returns the metrics of the page in their order.
func Read(file string) ([]Metric, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	metrics, err := Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return metrics, nil
}

var section = regexp.MustCompile(`(?s)^(\S+)\n\n(.+)\n\n- What to do: (.+)\n` +
	"- Kind: (\\w+), unit `([^`]*)`(?:, labels ([^\n]*))?\n- OpenTelemetry: `([^`]+)`\\s*$")

// Parse reads the text of the page. A page without a metric is an error.
func Parse(text string) ([]Metric, error) {
	_, rest, found := strings.Cut(text, "\n## ")
	if !found {
		return nil, fmt.Errorf("no heading of a metric: write the page with go test ./internal/metricdoc -update")
	}
	var metrics []Metric
	for part := range strings.SplitSeq(rest, "\n## ") {
		fields := section.FindStringSubmatch(part)
		if fields == nil {
			title, _, _ := strings.Cut(part, "\n")
			return nil, fmt.Errorf("the section %q is not as internal/metricdoc writes it", title)
		}
		metrics = append(metrics, Metric{
			Name: fields[1], Help: fields[2], Action: fields[3], Kind: fields[4], Unit: fields[5],
			Labels: labels(fields[6]), OTelName: fields[7],
		})
	}
	return metrics, nil
}

func labels(list string) (names []string) {
	for name := range strings.SplitSeq(list, ", ") {
		if name = strings.Trim(name, "`"); name != "" {
			names = append(names, name)
		}
	}
	return names
}
