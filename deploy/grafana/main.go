package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"github.com/govitals/govitals/deploy/internal/table"
)

func main() {
	metrics := flag.String("metrics", "docs/METRICS.md", "the `page` of all metrics")
	output := flag.String("o", "dashboard.json", "`file` to write")
	flag.Parse()
	if err := run(*metrics, *output); err != nil {
		fmt.Fprintln(os.Stderr, "grafana:", err)
		os.Exit(1)
	}
}

func run(metrics, output string) error {
	text, err := generate(metrics)
	if err != nil {
		return err
	}
	return os.WriteFile(output, text, 0o644)
}

// generate returns the dashboard as Grafana imports it.
func generate(metrics string) ([]byte, error) {
	list, err := table.Read(metrics)
	if err != nil {
		return nil, err
	}
	made, err := build(list, rows())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err = encoder.Encode(made)
	return b.Bytes(), err
}
