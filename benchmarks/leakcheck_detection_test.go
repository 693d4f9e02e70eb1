package benchmarks

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/benchmarks/leakcorpus/judge"
)

var leakRuns = flag.Int("leakruns", 0, "runs of each program in TestLeakcheckTable, 0 to skip it; docs/PERFORMANCE.md has 2")

// leakProcesses is how many programs run at a time: most of them wait.
const leakProcesses = 10

// TestLeakcheckTable prints which programs each detector of leaks flags, as
// Markdown: eight minutes on two cores for two runs. The programs of GoKer and
// the patterns are those by which Go tests itself; they are built from GOROOT.
//
//	go test -run TestLeakcheckTable -v -leakruns 2
func TestLeakcheckTable(t *testing.T) {
	if *leakRuns == 0 {
		t.Skip("runs programs only with -leakruns 2")
	}
	corpora := []*corpus{
		{name: "GoKer", files: []string{"goker/*.go"}, isProvable: true},
		{name: "patterns", files: []string{"simple.go", "commonpatterns.go"}, isProvable: true},
		{name: "lifecycle", prefix: "leaking: ", forms: []judge.Form{judge.Once, judge.Repeated}},
		{name: "clean", prefix: "clean: ", forms: []judge.Form{judge.Once, judge.Warm, judge.Repeated}},
	}
	fmt.Println("| suite | detector | runs that leak | flagged | goroutines named | runs with an unexpected finding | median |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, c := range corpora {
		c.build(t)
		for _, v := range c.verdicts() {
			c.run(t, v)
			fmt.Println(v.row(c))
			v.check(t, c)
		}
	}
}

// corpus is the programs of one binary.
type corpus struct {
	name       string
	files      []string // in GOROOT, none = those of lifecycle
	prefix     string   // of the programs that count
	isProvable bool     // all is tried with the leak profile too
	forms      []judge.Form

	binary, proving string
	programs        []string
}

func (c *corpus) build(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	c.binary = c.goBuild(t, filepath.Join(dir, "plain"))
	c.proving = c.goBuild(t, filepath.Join(dir, "proving"), "GOEXPERIMENT=goroutineleakprofile")
	out, err := exec.Command(c.binary, "-list").Output()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	if err := json.Unmarshal(out, &names); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		// Go leaves this one out too: it may crash.
		if strings.HasPrefix(name, c.prefix) && name != "Kubernetes1321" {
			c.programs = append(c.programs, name)
		}
	}
	if c.forms == nil {
		c.forms = []judge.Form{judge.Once}
	}
}

func (c *corpus) goBuild(t *testing.T, binary string, env ...string) string {
	t.Helper()
	args := []string{"build", "-o", binary}
	if len(c.files) == 0 {
		args = append(args, "./leakcorpus/lifecycle")
	} else {
		args = append(args, "-overlay", c.writeOverlay(t, binary+".json"), "./leakcorpus/kernels")
	}
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// writeOverlay puts the files of GOROOT beside our main.go.
func (c *corpus) writeOverlay(t *testing.T, name string) string {
	t.Helper()
	kernels, err := filepath.Abs("leakcorpus/kernels")
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for _, file := range c.inGOROOT(t) {
		if base := filepath.Base(file); base != "main.go" {
			replace[filepath.Join(kernels, "goroot_"+base)] = file
		}
	}
	content, err := json.Marshal(map[string]any{"Replace": replace})
	if err == nil {
		err = os.WriteFile(name, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func (c *corpus) inGOROOT(t *testing.T) (files []string) {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range c.files {
		found, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "src/runtime/testdata/testgoroutineleakprofile", pattern))
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Skipf("this GOROOT has no %v", c.files)
	}
	return files
}

// verdict is what one detector says of a corpus.
type verdict struct {
	detector string
	form     judge.Form
	proving  bool // in the build with the leak profile

	leaking, flagged, missed, unexpected []string // programs
	left, named                          int      // goroutines
	took                                 []float64
	runs                                 int
}

func (c *corpus) verdicts() (all []*verdict) {
	for _, form := range c.forms {
		if form == judge.Repeated {
			all = append(all, &verdict{detector: "Loop", form: form})
			continue
		}
		for _, d := range []string{"Check", "Check, labels", "Find", "goleak", "leaktest"} {
			all = append(all, &verdict{detector: d, form: form})
		}
	}
	all = append(all, &verdict{detector: "goroutineleak", form: judge.Once, proving: true})
	if c.isProvable {
		all = append(all, &verdict{detector: "Find", form: judge.Once, proving: true})
	}
	return all
}

// run runs every program as often as the flag says, several at a time.
func (c *corpus) run(t *testing.T, v *verdict) {
	t.Helper()
	binary := c.binary
	if v.proving {
		binary = c.proving
	}
	results := make([]judge.Result, len(c.programs)**leakRuns)
	var all sync.WaitGroup
	slots := make(chan struct{}, leakProcesses)
	for i := range results {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			out, err := exec.Command(binary, v.detector, string(v.form), c.programs[i / *leakRuns]).Output()
			if err == nil {
				err = json.Unmarshal(out, &results[i])
			}
			if err != nil {
				t.Errorf("%s, %s, %s: %v", v.detector, v.form, c.programs[i / *leakRuns], err)
			}
		})
	}
	all.Wait()
	for i, r := range results {
		v.add(c, c.programs[i / *leakRuns], r)
	}
}

// add counts a run. A clean program leaves what it leaves on purpose: any
// complaint is unexpected.
func (v *verdict) add(c *corpus, program string, r judge.Result) {
	v.runs++
	v.took = append(v.took, float64(r.Took))
	leaks := len(r.Left) > 0 && c.name != "clean"
	if leaks {
		v.left += len(r.Left)
		v.named += len(r.IDs) - r.Gone
		v.leaking = append(v.leaking, program)
	}
	switch {
	case leaks && r.Flagged:
		v.flagged = append(v.flagged, program)
	case leaks:
		v.missed = append(v.missed, program)
	case r.Flagged:
		v.unexpected = append(v.unexpected, program)
	}
	if leaks && r.Gone > 0 {
		v.unexpected = append(v.unexpected, program)
	}
}

func (v *verdict) name() string {
	name := v.detector
	if v.form != judge.Once {
		name += ", " + string(v.form)
	}
	if v.proving {
		name += ", with the leak profile"
	}
	return name
}

func (v *verdict) row(c *corpus) string {
	named := "-"
	if len(v.leaking) > 0 && slices.Contains([]string{"Find", "goleak", "leaktest", "goroutineleak"}, v.detector) {
		named = fmt.Sprintf("%.1f %%", 100*float64(v.named)/float64(v.left))
	}
	row := fmt.Sprintf("| %s | %s | %d of %d | %d | %s | %d | %v |", c.name, v.name(), len(v.leaking), v.runs,
		len(v.flagged), named, len(v.unexpected), time.Duration(median(v.took)).Round(time.Millisecond))
	for what, programs := range map[string][]string{"missed": v.missed, "unexpected": v.unexpected} {
		if len(programs) > 0 {
			slices.Sort(programs)
			row += fmt.Sprintf("\n<!-- %s by %s: %s -->", what, v.name(), strings.Join(slices.Compact(programs), ", "))
		}
	}
	return row
}

// check insists on what this library promises.
func (v *verdict) check(t *testing.T, c *corpus) {
	t.Helper()
	if v.detector == "goleak" || v.detector == "leaktest" || v.detector == "goroutineleak" {
		return
	}
	if len(v.missed) > 0 {
		t.Errorf("%s: %s misses %v", c.name, v.name(), v.missed)
	}
	if len(v.unexpected) > 0 && (c.name != "clean" || v.form != judge.Once) {
		t.Errorf("%s: %s is wrong about %v", c.name, v.name(), v.unexpected)
	}
}
