package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEveryProgramIsListed(t *testing.T) {
	programs, err := filepath.Glob("*/main.go")
	if err != nil || len(programs) == 0 {
		t.Fatal(programs, err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range programs {
		name := filepath.Dir(program)
		if !slices.Contains(names, name) {
			t.Errorf("%s is not run", name)
		}
		if !strings.Contains(string(readme), "examples/incidents/"+name) {
			t.Errorf("README.md does not tell of %s", name)
		}
	}
}

func TestWrongArguments(t *testing.T) {
	for _, test := range []struct {
		atOnce int
		chosen []string
		want   string
	}{
		{0, nil, "-at-once is 0"},
		{21, nil, "-at-once is 21"},
		{1, []string{"flood"}, `no incident "flood": use one of`},
	} {
		if err := run(t.Context(), io.Discard, test.atOnce, test.chosen); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("run(%d, %q) gives %v, want %q", test.atOnce, test.chosen, err, test.want)
		}
	}
}
