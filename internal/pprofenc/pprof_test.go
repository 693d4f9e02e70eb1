package pprofenc

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func TestMain(m *testing.M) {
	runtime.MemProfileRate = 2048 // small objects are seen, and figures are scaled
	os.Exit(m.Run())
}

// pprofTool finds the program behind go tool pprof, which starts faster.
var pprofTool = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "tool", "-n", "pprof").Output()
	return strings.TrimSpace(string(out)), err
})

func pprofOf(t *testing.T, args ...string) string {
	t.Helper()
	tool, err := pprofTool()
	if err != nil {
		t.Fatalf("go tool -n pprof: %v", err)
	}
	cmd := exec.Command(tool, args...)
	cmd.Env = append(os.Environ(), "PPROF_BINARY_PATH="+t.TempDir(), "PPROF_TMPDIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("pprof %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func save(t *testing.T, name string, profile []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, profile, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func encode(t testing.TB, p Profile) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(t.Context(), &b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The consumers allocate in the ways that are hard to attribute.

var kept [][]byte

func inlinedTwice(n int) []byte { return inlinedOnce(n) }
func inlinedOnce(n int) []byte  { return make([]byte, n) }

//go:noinline
func allocInlined(n int) { kept = append(kept, inlinedTwice(n)) }

type box[T any] struct{ items []T }

//go:noinline
func (b *box[T]) grow(n int) { b.items = make([]T, n) }

var boxes struct {
	small box[int32]
	large box[[16]int64]
}

//go:noinline
func allocGeneric(n int) { boxes.small.grow(n); boxes.large.grow(n / 64) }

//go:noinline
func allocClosure(n int) {
	each := func() { kept = append(kept, make([]byte, n)) }
	func() { each(); each() }()
}

//go:noinline
func allocInMap(n int) map[int]string {
	m := map[int]string{}
	for i := range n {
		m[i] = strconv.Itoa(i)
	}
	return m
}

type grower interface{ grow(n int) }

//go:noinline
func allocThroughInterface(g grower, n int) { g.grow(n) }

type embedding struct{ *box[int64] } // its grow is a wrapper that the compiler makes

//go:noinline
func allocDeep(depth, n int) {
	if depth == 0 {
		kept = append(kept, make([]byte, n))
		return
	}
	allocDeep(depth-1, n)
}

func allocate() {
	for range 40 {
		allocInlined(8 << 10)
		allocGeneric(4 << 10)
		allocClosure(2 << 10)
		allocInMap(200)
		allocThroughInterface(embedding{new(box[int64])}, 512)
		allocDeep(9, 1<<10)
	}
}

// twoProfiles writes what the runtime knows at one moment, once as runtime/pprof
// does and once as this package does. No collection may come between.
func twoProfiles(t *testing.T) (theirs, ours []byte, records []runtime.MemProfileRecord) {
	t.Helper()
	allocate()
	runtime.GC()
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var b bytes.Buffer
	if err := pprof.Lookup("heap").WriteTo(&b, 0); err != nil {
		t.Fatal(err)
	}
	n, ok := runtime.MemProfile(nil, true)
	for !ok {
		records = make([]runtime.MemProfileRecord, n+50)
		n, ok = runtime.MemProfile(records, true)
	}
	records = records[:n]
	p := Heap(runtime.MemProfileRate)
	p.Samples = recordsOf(records, runtime.MemProfileRate)
	return b.Bytes(), encode(t, p), records
}

var typeArguments = regexp.MustCompile(`\[go\.shape.*\]`)

// withoutShapes writes the type arguments in a line as a runtime.Frame does.
func withoutShapes(line string) string { return typeArguments.ReplaceAllString(line, "[...]") }

// stacksOf sums the samples of pprof -raw by their label and the functions,
// lines and inlining of their stacks, with type arguments as a Frame has them.
func stacksOf(t *testing.T, raw string) map[string][]int64 {
	t.Helper()
	_, rest, _ := strings.Cut(raw, "Samples:\n")
	_, rest, _ = strings.Cut(rest, "\n")
	sampleText, rest, _ := strings.Cut(rest, "Locations\n")
	locationText, _, _ := strings.Cut(rest, "Mappings\n")
	locations := locationsOf(locationText)
	sums := map[string][]int64{}
	lines := strings.Split(sampleText, "\n")
	for i, line := range lines {
		numbers, ids, isSample := strings.Cut(line, ": ")
		if !isSample || strings.Contains(line, "bytes:[") {
			continue
		}
		key := ""
		if i+1 < len(lines) && strings.Contains(lines[i+1], "bytes:[") {
			key = strings.TrimSpace(lines[i+1])
		}
		for _, id := range strings.Fields(ids) {
			key += "\n" + locations[id]
		}
		sum := make([]int64, 4)
		copy(sum, sums[key])
		for k, number := range strings.Fields(numbers) {
			value, err := strconv.ParseInt(number, 10, 64)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			sum[k] += value
		}
		sums[key] = sum
	}
	return sums
}

// startLine matches what follows the line: column, first line of the function,
// and its name before pprof simplified it.
var startLine = regexp.MustCompile(`(:\d+):0 s=\d+(\(.*\))?`)

// locationsOf reads "  1: 0x123 M=1 main.f file.go:3:0 s=1", followed by a line
// without a number for each caller into which it is inlined.
func locationsOf(text string) map[string]string {
	locations := map[string]string{}
	id := ""
	for line := range strings.Lines(text) {
		line = withoutShapes(startLine.ReplaceAllString(strings.TrimSpace(line), "$1"))
		if before, after, isNew := strings.Cut(line, ": 0x"); isNew {
			id, line = before, "0x"+after
		}
		locations[id] += line + " < "
	}
	return locations
}

func TestEverySampleIsThatOfRuntimePprof(t *testing.T) {
	theirs, ours, _ := twoProfiles(t)
	want := stacksOf(t, pprofOf(t, "-raw", save(t, "theirs.pb.gz", theirs)))
	raw := pprofOf(t, "-raw", save(t, "ours.pb.gz", ours))
	got := stacksOf(t, raw)
	for stack, values := range want {
		if fmt.Sprint(got[stack]) != fmt.Sprint(values) {
			t.Errorf("values %v, want %v for %s", got[stack], values, stack)
		}
	}
	for stack, values := range got {
		// What runtime/pprof allocated meanwhile has no figures yet.
		if want[stack] == nil && fmt.Sprint(values) != "[0 0 0 0]" {
			t.Errorf("runtime/pprof does not have %v for %s", values, stack)
		}
	}
	checkConsumers(t, got)
	for _, head := range []string{
		"PeriodType: space bytes\nPeriod: 2048\n",
		"alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes\n",
	} {
		if !strings.Contains(raw, head) {
			t.Errorf("the profile lacks %q:\n%.200s", head, raw)
		}
	}
}

// checkConsumers makes sure that the hard cases are among those compared.
func checkConsumers(t *testing.T, stacks map[string][]int64) {
	t.Helper()
	all := strings.Join(slices.Collect(maps.Keys(stacks)), "\n")
	for _, hard := range []string{
		`pprofenc\.inlinedOnce \S+ < \S+pprofenc\.inlinedTwice \S+ < \S+pprofenc\.allocInlined \S+ < \n`,
		`pprofenc\.\(\*box\[\.\.\.\]\)\.grow \S+ < `,
		`pprofenc\.allocClosure\S*\.func\d`,
		`pprofenc\.allocInMap `,
		`(\S+pprofenc\.allocDeep \S+ < \n\S+ M=1 ){9}`,
	} {
		if !regexp.MustCompile(hard).MatchString(all) {
			t.Errorf("no stack matches %s", hard)
		}
	}
}

// inlineMark depends on all callers of a function, generic ones included.
var inlineMark = regexp.MustCompile(` \((partial-)?inline\)$`)

// figures reads pprof -top: the line with the sums, and what each function
// allocates itself and with those that it calls. The instances of a generic
// function are added up, and what they call is left out.
func figures(t *testing.T, top string) (sums string, functions map[string][2]int) {
	t.Helper()
	functions = map[string][2]int{}
	for line := range strings.Lines(top) {
		fields := strings.Fields(withoutShapes(line))
		switch {
		case strings.HasPrefix(line, "Showing nodes"):
			sums = line
		case len(fields) > 5 && strings.HasSuffix(fields[1], "%"):
			self, err1 := strconv.Atoi(strings.TrimSuffix(fields[0], "B"))
			with, err2 := strconv.Atoi(strings.TrimSuffix(fields[3], "B"))
			if err1 != nil || err2 != nil {
				t.Fatalf("%q: %v %v", line, err1, err2)
			}
			name := inlineMark.ReplaceAllString(strings.Join(fields[5:], " "), "")
			if strings.Contains(name, "[...]") {
				with = 0
			}
			functions[name] = [2]int{functions[name][0] + self, with}
		}
	}
	return sums, functions
}

func TestTopIsThatOfRuntimePprof(t *testing.T) {
	theirs, ours, _ := twoProfiles(t)
	theirFile, ourFile := save(t, "theirs.pb.gz", theirs), save(t, "ours.pb.gz", ours)
	for _, index := range []string{"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"} {
		args := []string{"-top", "-nodefraction=0", "-nodecount=0", "-unit=B", "-sample_index=" + index}
		wantSums, want := figures(t, pprofOf(t, append(args, theirFile)...))
		gotSums, got := figures(t, pprofOf(t, append(args, ourFile)...))
		if gotSums != wantSums || len(got) != len(want) || len(want) < 10 {
			t.Errorf("%s: got %d functions, %swant %d, %s", index, len(got), gotSums, len(want), wantSums)
		}
		for name, bytes := range want {
			if got[name] != bytes {
				t.Errorf("%s: %s has %v, want %v", index, name, got[name], bytes)
			}
		}
	}
	const exceptGenerics = `-ignore=\[`
	if left := pprofOf(t, "-top", exceptGenerics, "-diff_base="+theirFile, ourFile); !strings.Contains(left, "accounting for 0, 0% of") {
		t.Errorf("the two profiles differ:\n%s", left)
	}
}

func TestNegativeValuesSurvive(t *testing.T) {
	_, whole, records := twoProfiles(t)
	p := Heap(runtime.MemProfileRate)
	p.Samples = func(yield func(Sample) bool) {
		for s := range recordsOf(records, runtime.MemProfileRate) {
			for i := range s.Values {
				s.Values[i] *= -1
			}
			if !yield(s) {
				return
			}
		}
	}
	wholeFile, negativeFile := save(t, "whole.pb.gz", whole), save(t, "negative.pb.gz", encode(t, p))
	if sum := pprofOf(t, "-top", wholeFile, negativeFile); !strings.Contains(sum, "accounting for 0, 0% of") {
		t.Errorf("a profile and its opposite do not add up to nothing:\n%s", sum)
	}
	if traces := pprofOf(t, "-traces", "-sample_index=alloc_space", negativeFile); !regexp.MustCompile(`(?m)^ *-[0-9.]+[kM]?B +\S`).MatchString(traces) {
		t.Errorf("no negative value in\n%.2000s", traces)
	}
}

func TestEmptyProfileOpens(t *testing.T) {
	raw := pprofOf(t, "-raw", save(t, "empty.pb.gz", encode(t, Heap(512<<10))))
	if !strings.Contains(raw, "inuse_space/bytes") || !strings.Contains(raw, "Period: 524288") {
		t.Errorf("an empty profile reads\n%s", raw)
	}
}
