// Package metricdoc writes docs/METRICS.md from the declarations of the metrics,
// and its test fails when the two differ.
//
//	go test ./internal/metricdoc -update
//
// # Cost
//
// None for users: only its own test runs it.
//
// # What it cannot see
//
// Metrics of parts that its test does not know: a new part is added to the list
// in metricdoc_test.go.
package metricdoc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/govitals/govitals/metric"
)

const introduction = `# Metrics

Generated from the declarations in the code: ` + "`go test ./internal/metricdoc -update`" + `.

A figure that is not known is absent, never 0. Values that may be added up over
labels and instances are OpenTelemetry up-down counters and Prometheus gauges.
`

// Markdown returns the document for the given declarations, sorted by name.
func Markdown(descs []metric.Desc) string {
	descs = slices.Clone(descs)
	slices.SortFunc(descs, func(a, b metric.Desc) int { return strings.Compare(a.Name, b.Name) })
	var b strings.Builder
	b.WriteString(introduction)
	for _, desc := range descs {
		write(&b, desc)
	}
	return b.String()
}

func write(b *strings.Builder, d metric.Desc) {
	fmt.Fprintf(b, "\n## %s\n\n", d.PrometheusName())
	fmt.Fprintf(b, "%s\n\n", d.Help)
	fmt.Fprintf(b, "- What to do: %s\n", d.Action)
	fmt.Fprintf(b, "- Kind: %s, unit `%s`%s\n", d.Kind, d.Unit, labels(d.Labels))
	fmt.Fprintf(b, "- OpenTelemetry: `%s`\n", d.OpenTelemetryName())
}

func labels(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ", labels `" + strings.Join(names, "`, `") + "`"
}
