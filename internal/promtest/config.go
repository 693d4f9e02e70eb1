package promtest

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Target is something to scrape.
type Target struct {
	// Address is host:port, with or without "http://".
	Address string
	// Labels are given to all of its series.
	Labels map[string]string
}

// Config says what a server does. The zero value scrapes nothing.
type Config struct {
	// Job is the name under which the targets are scraped.
	// Default: test.
	Job string
	// Targets are scraped at /metrics.
	Targets []Target
	// Interval is the time between two scrapes, and two evaluations of the rules.
	// Default: 1s.
	Interval time.Duration
	// Rules is the text of a file of rules.
	// Default: none.
	Rules string
	// Flags are added to the command line.
	Flags []string
}

// write writes the configuration, in JSON, which is YAML too.
func (c Config) write(t testing.TB, dir string) string {
	t.Helper()
	type object = map[string]any
	interval := cmp.Or(c.Interval, time.Second).String()
	targets := []object{}
	for _, target := range c.Targets {
		address := strings.TrimPrefix(target.Address, "http://")
		targets = append(targets, object{"targets": []string{address}, "labels": target.Labels})
	}
	config := object{
		"global":         object{"evaluation_interval": interval},
		"scrape_configs": []object{{"job_name": cmp.Or(c.Job, "test"), "scrape_interval": interval, "scrape_timeout": interval, "static_configs": targets}},
	}
	if c.Rules != "" {
		config["rule_files"] = []string{writeFile(t, dir, "rules.yml", []byte(c.Rules))}
	}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, dir, "prometheus.yml", text)
}

func writeFile(t testing.TB, dir, name string, text []byte) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
