package need

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorder stands for the test that asks for a program.
type recorder struct {
	testing.TB
	failed, skipped bool
}

func (*recorder) Helper()                 {}
func (r *recorder) Fatalf(string, ...any) { r.failed = true }
func (r *recorder) Skip(...any)           { r.skipped = true }

func TestPath(t *testing.T) {
	here, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "prometheus")
	tests := []struct {
		name, path, require string
		want                string
		failed, skipped     bool
	}{
		{name: "there", path: here, want: here},
		{name: "there and required", path: here, require: "prometheus", want: here},
		{name: "missing", skipped: true},
		{name: "missing, another required", require: "chromium", skipped: true},
		{name: "missing and required", require: "chromium,prometheus", failed: true},
		{name: "wrong path", path: elsewhere, skipped: true},
		{name: "wrong path and required", path: elsewhere, require: "prometheus", failed: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("PATH", t.TempDir())
			t.Setenv("GOVITALS_PROMETHEUS", tt.path)
			t.Setenv(Require, tt.require)
			r := &recorder{TB: t}
			if got := Prometheus(r); got != tt.want || r.failed != tt.failed || r.skipped != tt.skipped {
				t.Errorf("want %q failed=%v skipped=%v, got %q failed=%v skipped=%v",
					tt.want, tt.failed, tt.skipped, got, r.failed, r.skipped)
			}
		})
	}
}

func TestErrorNamesTheRemedy(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("GOVITALS_PROMETHEUS", "")
	_, err := prometheus.find()
	if err == nil || !strings.Contains(err.Error(), ".ci/prometheus.sh") {
		t.Errorf("want an error that names .ci/prometheus.sh, got %v", err)
	}
}

func TestFindsOnPath(t *testing.T) {
	dir := t.TempDir()
	want := filepath.Join(dir, "chromium-browser")
	for _, name := range []string{want, want + ".exe"} {
		if err := os.WriteFile(name, []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv("GOVITALS_CHROMIUM", "")
	if got := strings.TrimSuffix(Chromium(t), ".exe"); got != want {
		t.Errorf("want %s, got %s", want, got)
	}
}
