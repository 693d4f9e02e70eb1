package memprof

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestPackagePath(t *testing.T) {
	for function, want := range map[string]string{
		"main.main":                      "main",
		"runtime.mallocgc":               "runtime",
		"net/http.(*conn).serve":         "net/http",
		"example.com/a/b.F.func1.2":      "example.com/a/b",
		"gopkg.in/yaml%2ev3.Unmarshal":   "gopkg.in/yaml%2ev3",
		"slices.Grow[...]":               "slices",
		"a/b.(*L[go.shape.int]).Push":    "a/b",
		"x.F[go.shape.*c.d/e.T].func1":   "x",
		"app/inner.glob..func1":          "app/inner",
		"internal/runtime/maps.newarray": "internal/runtime/maps",
		"noDot":                          "noDot",
		"":                               "",
	} {
		if got := packagePath(function); got != want {
			t.Errorf("packagePath(%q) = %q, want %q", function, got, want)
		}
	}
}

func TestStandardByPathAlone(t *testing.T) {
	modules := []string{"image", "app"}
	for path, want := range map[string]bool{
		"net/http": true, "runtime": true, "internal/runtime/maps": true, "vendor/golang.org/x/net/idna": true,
		"main": false, "app": false, "app/net": false, "image/png": false, "example.com/net": false,
		"networking": false, "othermodule/x": false,
	} {
		if got := isStandardPath(path, modules); got != want {
			t.Errorf("isStandardPath(%q) = %v", path, got)
		}
	}
}

func TestStandardRootsAreThoseOfThisGo(t *testing.T) {
	out, err := exec.Command("go", "list", "std").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		if !isStandardPath(path, nil) {
			t.Errorf("%s is not known as standard: add the first element to standardRoots", path)
		}
	}
	if !slices.IsSorted(standardRoots) {
		t.Error("standardRoots is not sorted")
	}
}

type list[T any] struct{ all [][]T }

//go:noinline
func (l *list[T]) push(n int) { l.all = append(l.all, slices.Grow([]T(nil), n)) }

// inlined is small enough for the compiler to inline it.
func inlined(n int) []byte { return make([]byte, n) }

func TestOwnerIsTheFirstFrameOfTheProgram(t *testing.T) {
	const prefix = "github.com/govitals/govitals/internal/memprof."
	var l list[int64]
	cases := []struct {
		name, owner string
		allocate    func()
	}{
		{"a method of a generic type, through slices.Grow", "(*list[...]).push", func() { l.push(4 << 20) }},
		{"a closure, through strings.Repeat", "TestOwnerIsTheFirstFrameOfTheProgram.func2", func() { kept = append(kept, []byte(strings.Repeat("x", 32<<20))) }},
		{"a function that is inlined", "inlined", func() { kept = append(kept, inlined(32<<20)) }},
	}
	for _, c := range cases {
		var before, after Reader
		settle(t)
		if err := before.Read(); err != nil {
			t.Fatal(err)
		}
		snapshot := before.Snapshot(someTime, 0)
		c.allocate()
		settle(t)
		if err := after.Read(); err != nil {
			t.Fatal(err)
		}
		changes := after.Since(snapshot, someTime, 0)
		grown := slices.MaxFunc(changes.Rows, func(a, b Row) int { return int(a.InUseBytes - b.InUseBytes) })
		if owner := Owner(changes.Stack(&grown)); owner.Func != prefix+c.owner || filepath.Base(owner.File) != "frames_test.go" {
			t.Errorf("%s: %d bytes are blamed on %+v, want %s", c.name, grown.InUseBytes, owner, c.owner)
		}
	}
	runtime.KeepAlive(l)
	kept = nil
}

func TestOwn(t *testing.T) {
	for _, c := range []struct {
		f    Frame
		want bool
	}{
		{Frame{Func: "github.com/govitals/govitals/internal/memprof.(*Reader).fill", File: "reader.go"}, true},
		{Frame{Func: "github.com/govitals/govitals/heap.TestX", File: "/x/sites_test.go"}, false},
		{Frame{Func: "github.com/govitals/govitals/examples/service.main", File: "main.go"}, false},
		{Frame{Func: "github.com/govitals/govitals/benchmarks.init.0", File: "x.go"}, false},
		{Frame{Func: "github.com/govitals/govitalsx.F", File: "x.go"}, false},
		{Frame{Func: "main.main", File: "main.go"}, false},
	} {
		if got := c.f.IsOwn(); got != c.want {
			t.Errorf("IsOwn(%s) = %v", c.f.Func, got)
		}
	}
}

// TestOwnerWithTrimpath builds a program whose module path has no dot and whose
// source paths are cut off, so that nothing but names is left to go by.
func TestOwnerWithTrimpath(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the standard library with -trimpath")
	}
	dir := t.TempDir()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "memprof", file), string(text))
		}
	}
	write(t, filepath.Join(dir, "go.mod"), "module netapp\n\ngo 1.26\n")
	write(t, filepath.Join(dir, "keep", "keep.go"), keepProgram)
	write(t, filepath.Join(dir, "main.go"), mainProgram)
	cmd := exec.Command("go", "run", "-trimpath", ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if want := "netapp/keep.Map[...]\nmain.main.func1\n"; err != nil || string(out) != want {
		t.Errorf("the largest sites are blamed on %q (%v), want %q", out, err, want)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const keepProgram = `package keep

import "slices"

func Map[T any](n int) []T { return slices.Repeat([]T{*new(T)}, n) }
`

const mainProgram = `package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"netapp/keep"
	"netapp/memprof"
)

func main() {
	a := keep.Map[int64](8 << 20)
	var s string
	func() { s = strings.Repeat("x", 32<<20) }()
	runtime.GC()
	runtime.GC()
	var r memprof.Reader
	if err := r.Read(); err != nil {
		panic(err)
	}
	rows := r.Rows()
	slices.SortFunc(rows, func(a, b memprof.Row) int { return int(b.InUseBytes - a.InUseBytes) })
	for i := range 2 {
		fmt.Println(memprof.Owner(r.Stack(&rows[i])).Func)
	}
	runtime.KeepAlive(a)
	runtime.KeepAlive(s)
}
`
