//go:build !race

// The race detector takes several times the memory of the program, of which these
// processes have too little on purpose.

package vitals

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/proc"
)

// deathLimit is the memory limit of processes that are to die of it, ballast what
// they hold from the beginning outside of the heap.
const (
	deathLimit = 384 << 20
	ballast    = 272 << 20
)

// memoryGroup makes a control group with a limit, or skips the test where that is
// not allowed. It returns the file that takes processes in.
func memoryGroup(t *testing.T, limit int) string {
	t.Helper()
	lines, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(string(lines)) {
		field := strings.SplitN(strings.TrimSpace(line), ":", 3)
		dir, file := "/sys/fs/cgroup/memory"+field[2], "memory.limit_in_bytes"
		if field[1] == "" {
			dir, file = "/sys/fs/cgroup"+field[2], "memory.max"
		} else if field[1] != "memory" {
			continue
		}
		group := filepath.Join(dir, "govitals-test-"+strconv.Itoa(os.Getpid())+"-"+strconv.FormatInt(time.Now().UnixNano(), 36))
		if os.Mkdir(group, 0o755) != nil {
			continue
		}
		t.Cleanup(func() { _ = os.Remove(group) })
		if os.WriteFile(filepath.Join(group, file), []byte(strconv.Itoa(limit)), 0o644) == nil {
			return filepath.Join(group, "cgroup.procs")
		}
	}
	t.Skip("no control group with a memory limit can be made here: it takes root, and a hierarchy that is writable")
	return ""
}

// TestMortal is not a test: others run it in a process of its own, which dies of
// memory, is killed or ends in order, as GOVITALS_TEST_MORTAL says.
func TestMortal(t *testing.T) {
	how, dir, _ := strings.Cut(os.Getenv(mortal), " ")
	if how == "" {
		t.Skip("runs as a child")
	}
	config := Config{StateFile: filepath.Join(dir, "trends"), Logger: quiet}
	switch how {
	case "oom":
		holdBallast(t)
		config.CaptureDir, config.Resolution = filepath.Join(dir, "captures"), minResolution
	case "oom-slow": // nothing is foreseen at this resolution
		holdBallast(t)
		config.CaptureDir = filepath.Join(dir, "captures")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	v, err := Start(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	switch how {
	case "oom", "oom-slow":
		dieOfMemory(v)
	case "kill":
		os.Stdout.WriteString("ready\n")
		select {}
	case "close":
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	case "end":
		cancel()
		waitFor(t, config.StateFile+lifeExtension)
	}
}

var forEver [][]byte

// keepForEver touches every page, for memory counts when it is touched.
//
//go:noinline
func keepForEver(bytes int) {
	b := make([]byte, bytes)
	for i := 0; i < bytes; i += 4096 {
		b[i] = 1
	}
	forEver = append(forEver, b)
}

// holdBallast takes memory that is not in the heap.
func holdBallast(t *testing.T) {
	held, err := syscall.Mmap(-1, 0, ballast, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(held); i += 4096 {
		held[i] = 1
	}
}

// dieOfMemory leaks, the faster once the last words are spoken. On a machine that is
// too busy to write them it waits for them, up to a minute, a little above 90 % of the
// limit.
func dieOfMemory(v *Vitals) {
	const brink = deathLimit / 1000 * 915
	for began := time.Now(); ; {
		pace, spoken := 40*time.Millisecond, haveSpoken(v)
		if spoken {
			pace = 20 * time.Millisecond
		}
		if held, _ := proc.Unbacked(); spoken || held < brink || time.Since(began) > time.Minute {
			keepForEver(256 << 10)
		}
		time.Sleep(pace)
	}
}

func haveSpoken(v *Vitals) bool {
	return slices.ContainsFunc(v.recorder.Captures(), func(c heap.Capture) bool {
		return c.Kind == heap.CaptureLastWords && c.Report != ""
	})
}

// live runs TestMortal in a process of its own, in a group if there is one, until it
// has ended or, if it is to be killed, was killed.
func live(t *testing.T, how, dir, group string) error {
	t.Helper()
	command := exec.Command("/bin/sh", "-c", `if [ -n "$1" ]; then echo $$ > "$1" || exit 3; fi; exec "$0" -test.run='^TestMortal$'`, os.Args[0], group)
	command.Env = append(os.Environ(), mortal+"="+how+" "+dir, "GOGC=10", "GOMEMLIMIT=off")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if how == "kill" {
		if _, err := io.ReadFull(out, make([]byte, len("ready"))); err != nil {
			t.Error(err)
		}
		waitFor(t, filepath.Join(dir, "trends"+lifeExtension))
		if err := command.Process.Kill(); err != nil {
			t.Error(err)
		}
	}
	said, _ := io.ReadAll(out) // what is missing shows in the file
	err = command.Wait()
	t.Logf("%s: %v %s", how, err, said)
	return err
}

func waitFor(t *testing.T, path string) {
	t.Helper()
	eventually(t, path+" is written", func() bool { _, err := os.Stat(path); return err == nil })
}

func TestHowTheProcessBeforeEndedIsTold(t *testing.T) {
	cases := map[string]struct {
		want, not string
		inLine    bool // whether the verdict line has it
	}{
		"kill":  {"The previous process died soon after its start.", "in order", true},
		"close": {"The previous process ended in order after ", "died", false},
		"end":   {"The previous process ended in order after ", "died", false}, // of its context alone
	}
	for how, c := range cases {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			_ = live(t, how, dir, "")
			v := newVitals(t, Config{StateFile: filepath.Join(dir, "trends")})
			r := v.Report()
			if s := r.String(); !strings.Contains(s, c.want) || strings.Contains(s, c.not) {
				t.Errorf("the next process says\n%s", s)
			}
			if strings.Contains(r.Summary, c.want) != c.inLine {
				t.Errorf("the verdict line is %s", r.Summary)
			}
		})
	}
}

// The kernel kills a process for its memory, and all that is known is there after it.
func TestLastWordsOfAProcessThatRunsOutOfMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some ten seconds to leak 100 MiB")
	}
	for how, reason := range map[string]string{"oom": "end in", "oom-slow": "9\\d percent of 384 mib"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			dir, group := t.TempDir(), memoryGroup(t, deathLimit)
			err := live(t, how, dir, group)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("it was not killed: %v", err)
			}
			checkLastWords(t, filepath.Join(dir, "captures"), reason)
			v := newVitals(t, Config{StateFile: filepath.Join(dir, "trends"), CaptureDir: filepath.Join(dir, "captures")})
			f := about(t, v.Report(), "setup")
			// What it says is as old as the latest reading that the machine had time for.
			if !matches(`^The previous process died at ([5-9]\d|100) % of the limit of 384 MiB (after [\dms ]+|soon after its start)(, growing in github\.com/govitals/govitals/vitals\.keepForEver)?\.`, f.Summary) {
				t.Errorf("the next process says %s", f.Summary)
			}
		})
	}
}

// checkLastWords looks for a report that names the culprit and a profile beside it. A
// profile that would not fit any more is refused: at 90 % there may be a report alone.
func checkLastWords(t *testing.T, dir, reason string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*-last_words-*.report.md"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no last words in %s: %v", dir, err)
	}
	if !matches(strings.ReplaceAll(reason, " ", "_"), filepath.Base(names[0])) {
		t.Errorf("their reason is not %q: %s", reason, names[0])
	}
	report, err := os.ReadFile(names[0])
	if err != nil || !strings.HasPrefix(string(report), "**") || !strings.Contains(string(report), "| heap |") {
		t.Errorf("the report is %.500s, %v", report, err)
	}
	t.Logf("%.400s", report)
	profile, err := os.ReadFile(strings.TrimSuffix(names[0], "report.md") + "pb.gz")
	if errors.Is(err, fs.ErrNotExist) && strings.Contains(reason, "percent") {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(profile))
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(unpacked); err != nil || !bytes.Contains(content, []byte("vitals.keepForEver")) {
		t.Errorf("the profile does not name who leaks: %v", err)
	}
}
