package arch

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/api from the exported names as they are now")

const updateCommand = "go test ./internal/arch -run TestAPI -update"

// TestAPI compares the exported names of each public package with the list
// under testdata/api, so that no change of the API goes unnoticed in a review.
//
// The list has one line for each name, like the files in api/ of the Go
// repository, rather than the text of go doc -all: comments and the order of
// declarations may then change freely.
func TestAPI(t *testing.T) {
	t.Parallel()
	now := currentAPI(sources(t))
	if *update {
		writeAPI(t, now)
	}
	recorded := readAPI(t)
	for _, pkg := range slices.Sorted(maps.Keys(union(now, recorded))) {
		if changes := diff(recorded[pkg], now[pkg]); len(changes) > 0 {
			t.Errorf("the API of %s changed:\n\t%s\nif that is meant, run: %s", pkg, strings.Join(changes, "\n\t"), updateCommand)
		}
	}
}

// TestAPIHidesInternals finds exported declarations that name a type which
// users cannot name.
func TestAPIHidesInternals(t *testing.T) {
	t.Parallel()
	all := sources(t)
	for _, s := range all.files {
		if !s.isPublic() {
			continue
		}
		for name, path := range importNames(s.file) {
			if !strings.HasPrefix(path, module+"/internal/") {
				continue
			}
			use := regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\.[A-Z]`)
			for _, line := range declarations(s.file) {
				if use.MatchString(line) {
					t.Errorf("%s: the API shows a type of %s: %s\n\tdeclare it in a public package", s.dir, short(path), line)
				}
			}
		}
	}
}

// currentAPI lists the exported declarations of each public package. Files for
// other systems do not count: the API is the same everywhere, and CI, which
// runs on several systems, holds it to that.
func currentAPI(all *tree) map[string][]string {
	api := map[string][]string{}
	for _, s := range all.files {
		if s.built && s.isPublic() {
			if lines := declarations(s.file); len(lines) > 0 {
				api[s.dir] = append(api[s.dir], lines...)
			}
		}
	}
	for _, lines := range api {
		slices.Sort(lines)
	}
	return api
}

const apiDir = "testdata/api"

func readAPI(t *testing.T) map[string][]string {
	t.Helper()
	api := map[string][]string{}
	err := filepath.WalkDir(apiDir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txt" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(filepath.ToSlash(path), apiDir+"/")
		api[strings.TrimSuffix(name, ".txt")] = strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\r' })
		return nil
	})
	if err != nil {
		t.Fatalf("%v\n\tto write the lists, run: %s", err, updateCommand)
	}
	return api
}

func writeAPI(t *testing.T, api map[string][]string) {
	t.Helper()
	if err := os.RemoveAll(apiDir); err != nil {
		t.Fatal(err)
	}
	for pkg, lines := range api {
		path := filepath.Join(apiDir, filepath.FromSlash(pkg)+".txt")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// diff marks the lines that went with "-" and those that came with "+".
func diff(before, after []string) []string {
	var changes []string
	for _, line := range before {
		if !slices.Contains(after, line) {
			changes = append(changes, "- "+line)
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			changes = append(changes, "+ "+line)
		}
	}
	return changes
}

func union(a, b map[string][]string) map[string][]string {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}
