package doccode

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	all := load(t)
	count := 0
	for _, file := range pages(t) {
		blocks, err := fenced(read(t, file))
		if err != nil {
			t.Errorf("%s:%v", file, err)
		}
		for _, fault := range check(file, blocks, all) {
			t.Error(fault)
		}
		count += len(blocks)
	}
	t.Logf("%d blocks", count)
}

func TestComments(t *testing.T) {
	all := load(t)
	count := 0
	for _, p := range all.byPath {
		if !p.isOurs() || p.isHidden() {
			continue
		}
		for _, name := range p.GoFiles {
			file := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module)+"/"+name, "/")
			blocks := commented(read(t, file), all)
			for _, fault := range check(file, blocks, all) {
				t.Error(fault)
			}
			count += len(blocks)
		}
	}
	t.Logf("%d blocks", count)
}

// load returns the packages. Tests that use them run one after the other: the importer
// is not made for more.
func load(t *testing.T) *index {
	t.Helper()
	if testing.Short() {
		t.Skip("compiles all packages")
	}
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// pages are the Markdown files of the repository.
func pages(t *testing.T) (files []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (len(name) > 1 && name[0] == '.' || name == "testdata" || name == "node_modules"):
			return fs.SkipDir
		case filepath.Ext(name) == ".md":
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// A program, a declaration and two fragments, which are well, and a command.
const page = "# Page\n" +
	"```go\npackage main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println() }\n```\n" +
	"```go\nfunc TestServe(t *testing.T) {\n\tleakguard.Check(t)\n\t…\n}\n```\n" +
	"1. In a list:\n\n   ```go\n   monitor, err := heap.NewMonitor(heap.MonitorConfig{…})\n   if err != nil { … }\n   ```\n\n" +
	"```go\nmux.Handle(\"/debug/heap\", heap.Handler(heap.HandlerConfig{Monitor: monitor}))\n```\n" +
	"```sh\ngo tool pprof http://localhost:8080/debug/heap {\n```\n"

func TestBrokenBlocksAreFound(t *testing.T) {
	all := load(t)
	for _, tt := range []struct{ old, new, want string }{
		{"# Page", "# Page", "[]"},
		{"fmt.Println()", "println()", `[page.md:5: "fmt" imported and not used]`},
		{"leakguard.Check(t)", "leakguard.Chekc(t)", "[page.md:11: undefined: leakguard.Chekc]"},
		{"leakguard.Check(t)", "leakguard.Check()", "[page.md:11: not enough arguments in call to leakguard.Check\n\thave ()\n\twant (leakguard.T, ...leakguard.Option)]"},
		{"err != nil { … }", "err != nil { …", "[page.md:20: expected '}', found 'EOF' page.md:23: undefined: monitor]"},
		{"Monitor: monitor", "Monitro: monitor", "[page.md:23: unknown field Monitro in struct literal of type heap.HandlerConfig]"},
		{"mux.Handle", "router.Handle", "[page.md:23: undefined: router]"},
		{"```sh", "```go", "[page.md:26: expression in go must be function call]"},
	} {
		text := strings.Replace(page, tt.old, tt.new, 1)
		if blocks, err := fenced(text); err != nil {
			t.Errorf("%q: %v", tt.new, err)
		} else if got := fmt.Sprint(check("page.md", blocks, all)); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.new, got, tt.want)
		}
	}
	if _, err := fenced(page + "```go\nx"); err == nil || !strings.HasPrefix(err.Error(), "28: ") {
		t.Errorf("a block without an end: %v, want its line, 28", err)
	}
}

func TestBrokenCommentsAreFound(t *testing.T) {
	const source = "// Package x is for:\n//\n//\tv, err := vitals.Strat(ctx, vitals.Config{})\n//\n" +
		"// Then:\n//\n//\tcurl localhost:8080/debug/vitals {\n//\n//\tall at once (nearly)    vitals\npackage x\n"
	all := load(t)
	got := fmt.Sprint(check("x.go", commented(source, all), all))
	if want := "[x.go:3: undefined: vitals.Strat]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
