package leakguard

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// budgetFile writes a budget file.
func budgetFile(t *testing.T, content string) string {
	path := filepath.Join(t.TempDir(), "leaks.txt")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBudgetFileToleratesWhatItLists(t *testing.T) {
	needDescriptors(t)
	s := newSink(t)
	leak := func(goroutines, pipes int) func() {
		return func() {
			s.start(goroutines)
			for range pipes {
				r, w, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				s.files = append(s.files, r, w)
			}
		}
	}
	path := budgetFile(t, "# known\n\ngoroutines 2 "+starter+"  # since 2024\nfds 2 pipe\n")
	tests := map[string]struct {
		goroutines, pipes int
		wants             []string
	}{
		"as listed":         {2, 1, nil},
		"a new goroutine":   {3, 1, []string{"1 goroutine is left behind"}},
		"a new pipe":        {2, 2, []string{"+4 file descriptors; new ones are 4 pipe"}},
		"goroutines fixed":  {0, 1, []string{path + ":3: goroutines 2 " + starter, "remove the line"}},
		"one of them fixed": {1, 1, []string{"only 1 of 2 are left: lower the figure"}},
		"pipe fixed":        {2, 0, []string{path + `:4 lists "fds 2 pipe", which is not there any more: remove the line`}},
	}
	for name, test := range tests {
		said := checkOf(leak(test.goroutines, test.pipes), Patience(short), BudgetFile(path))
		if len(test.wants) == 0 && said != "" {
			t.Errorf("%s: it says %q", name, said)
		}
		wants(t, said, test.wants...)
	}
}

func TestBudgetFileInLoop(t *testing.T) {
	s := newSink(t)
	leak := func() { s.start(1) }
	quiet := Budget{HeapBytes: Any, HeapObjects: Any}
	line := "goroutines 1 " + starter + "\n"
	if said := loopOf(50, leak, Patience(short), quiet, BudgetFile(budgetFile(t, line))); said != "" {
		t.Errorf("one each time is listed: %q", said)
	}
	two := func() { leak(); leak() }
	wants(t, loopOf(50, two, Patience(short), quiet, BudgetFile(budgetFile(t, line))), "+2 goroutines (allowed: 1)")
	wants(t, loopOf(50, func() {}, quiet, BudgetFile(budgetFile(t, line))), `leaks.txt:1 lists "goroutines 1 `, "remove the line")
	if said := loopOf(20, func() { s.blocks = append(s.blocks, make([]byte, 32<<10)) }, Patience(short), BudgetFile(budgetFile(t, "heap_bytes 40000\nheap_objects 2"))); !strings.Contains(said, `"heap_objects 2", which is not there`) || strings.Contains(said, "KiB heap") {
		t.Errorf("32 KiB each time with 40,000 listed: %q", said)
	}
	runtime.KeepAlive(s)
}

func TestBudgetFileThatIsMissing(t *testing.T) {
	s := newSink(t)
	path := filepath.Join(t.TempDir(), "none.txt")
	leak := func() { s.start(2) }
	said := checkOf(leak, Patience(short), BudgetFile(path))
	wants(t, said, "2 goroutines are left behind", "the budget file "+path+" does not exist; to tolerate what is there now, put this into it:\n\ngoroutines 2 "+starter+"\n")
	_, paste, _ := strings.Cut(said, "put this into it:\n\n")
	if err := os.WriteFile(path, []byte(paste), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := checkOf(leak, Patience(short), BudgetFile(path)); said != "" {
		t.Errorf("with the pasted file it says %q", said)
	}
	other := filepath.Join(t.TempDir(), "none.txt")
	wants(t, checkOf(func() {}, BudgetFile(other)), other+" does not exist, and nothing needs it")
	wants(t, loopOf(50, leak, Patience(short), BudgetFile(other)), "with each of 50 iterations", "does not exist; to tolerate", "goroutines 2 "+starter+"\n")
	wants(t, loopOf(5, func() {}, BudgetFile(other)), "nothing needs it")
}

func TestBudgetFileThatIsWrong(t *testing.T) {
	for content, want := range map[string]string{
		"goroutine 1 main.f":                 `line 1: "goroutine 1 main.f" begins with "goroutine": want goroutines, or one of heap_bytes, heap_objects, fds, threads, backlog, series`,
		"\n# x\nfds":                         `line 3: "fds" has the count "": want a whole number from 1 to 1073741824`,
		"fds none":                           `has the count "none"`,
		"fds 0":                              `has the count "0"`,
		"fds -1":                             `has the count "-1"`,
		"fds 1.5":                            `has the count "1.5"`,
		"fds 99999999999999999999":           `has the count "99999999999999999999"`,
		"goroutines 2":                       `lacks the function that creates them: goroutines 2 example.com/app.Start`,
		"goroutines 2 # main.f":              `lacks the function`,
		"threads 2 main.f":                   `names a site: only goroutines and fds have one`,
		"fds 1 socket\nfds 2\nfds 3 socket":  `line 3: "fds 3 socket" is in line 1 already: join the two`,
		"fds 1\nfds 1":                       `line 2: "fds 1" is in line 1 already`,
		strings.Repeat("# long\n", 1<<18):    `larger than 1048576 bytes`,
		numbered("goroutines 1 f%d\n", 2001): `line 2001: there are more than 2000 lines`,
	} {
		path := budgetFile(t, content)
		ran := false
		said := loopOf(50, func() { ran = true }, BudgetFile(path))
		if wants(t, said, "the budget file "+path+": ", want); ran {
			t.Errorf("%.40q: the loop ran", content)
		}
		wants(t, checkOf(func() {}, BudgetFile(path)), want)
	}
	wants(t, loopOf(50, func() {}, BudgetFile(t.TempDir())), "the budget file ", "directory")
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func FuzzBudgetFile(f *testing.F) {
	f.Add("# leaks\ngoroutines 2 example.com/a/b.(*T[...]).f.func1 # why\nfds 1 socket\r\n\theap_bytes\t200000\n")
	f.Add("fds 1 files in /a b#c\nthreads 1")
	f.Add("fds 1 \x00\xff\nfds")
	f.Fuzz(func(t *testing.T, content string) {
		lines, err := parseBudget(content)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") || len(lines) > 0 {
				t.Fatalf("error %v with %d lines: want the number of the line", err, len(lines))
			}
			return
		}
		// What is printed to be pasted reads as the same.
		var again strings.Builder
		for _, line := range lines {
			if line.count < 1 || line.number < 1 {
				t.Fatalf("line %+v", line)
			}
			fmt.Fprintln(&again, line)
		}
		copied, err := parseBudget(again.String())
		if err != nil || len(copied) != len(lines) {
			t.Fatalf("%q is written as %q: %v", content, again.String(), err)
		}
		for i := range lines {
			if copied[i].key() != lines[i].key() || copied[i].count != lines[i].count {
				t.Fatalf("%+v is written as %+v", lines[i], copied[i])
			}
		}
	})
}

// Who allows all that there can be allows what the file lists too.
func TestBudgetFileBesideTheLargestBudget(t *testing.T) {
	path := budgetFile(t, "heap_bytes 200000\n")
	s := newSettings([]Option{Budget{HeapBytes: math.MaxInt64}, BudgetFile(path)})
	if len(s.problems) > 0 {
		t.Fatal(s.problems)
	}
	if allowed := newLimits(s).allowed[heapBytes]; allowed < math.MaxInt64/2 {
		t.Errorf("%d bytes are allowed", allowed)
	}
}

// A line for series needs the function that counts them, in whatever order the
// options come.
func TestBudgetFileWithSeriesThatNothingCounts(t *testing.T) {
	file := BudgetFile(budgetFile(t, "fds 1\nseries 3\n"))
	for _, options := range [][]Option{{file}, {file, Budget{FDs: Any}}, {Budget{FDs: Any}, file}} {
		const want = `:2 lists "series 3", but Budget.SeriesCount is nil: give the function`
		wants(t, checkOf(func() {}, options...), want)
		ran := false
		if wants(t, loopOf(5, func() { ran = true }, options...), want); ran {
			t.Error("the loop ran")
		}
	}
	var series int
	count := Budget{SeriesCount: func() (int, error) { series++; return series, nil }, Threads: Any}
	wants(t, checkOf(func() {}, BudgetFile(budgetFile(t, "series 3\n")), count))
}
