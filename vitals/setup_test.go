package vitals

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
)

// causes are the findings of a source by their cause.
func causes(source finding.Source) map[string]finding.Finding {
	all := map[string]finding.Finding{}
	for _, f := range source.Findings() {
		all[f.Cause] = f
	}
	return all
}

func TestGOMAXPROCSIsComparedWithTheQuota(t *testing.T) {
	cases := []struct {
		cores float64
		procs int
		want  string // "" where it fits
	}{
		{0, 64, ""}, {0.5, 2, ""}, {0.5, 1, ""}, {2, 2, ""}, {2.5, 3, ""}, {2.5, 2, ""}, {4, 4, ""},
		{0.5, 8, "GOMAXPROCS is 8 and the CPU quota is worth 0.5: in a burst"},
		{2.5, 4, "GOMAXPROCS is 4 and the CPU quota is worth 2.5: in a burst"},
		{4, 2, "GOMAXPROCS is 2 and the CPU quota is worth 4: the rest"},
		{16, 8, ""}, // there are no more
		{16, 6, "GOMAXPROCS is 6 and the CPU quota is worth 16: the rest"},
	}
	for _, c := range cases {
		s := newSetup()
		s.quota = func() (float64, string, error) { return c.cores, "/sys/fs/cgroup/cpu.max", nil }
		s.procs, s.host = func() int { return c.procs }, 8
		s.look(noon)
		f, found := causes(s)["gomaxprocs"]
		if found != (c.want != "") || !strings.HasPrefix(f.Summary, c.want) || found && f.State != finding.OK {
			t.Errorf("%v cores, %d procs: %+v", c.cores, c.procs, f)
		}
		if words := s.quotaWords(); (c.cores > 0 && c.cores < 8) != strings.Contains(words, fmt.Sprintf("%.3g of 8", c.cores)) {
			t.Errorf("a quota of %v is said as %q", c.cores, words)
		}
		if found && c.cores > 8 && !strings.Contains(f.Advice, "GOMAXPROCS=8") {
			t.Errorf("advice is %q, and there are 8 processors", f.Advice)
		}
	}
}

func TestAQuotaThatCannotBeReadIsSaid(t *testing.T) {
	v, err := build(Config{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	v.setup.quota = func() (float64, string, error) { return 0, "", errors.New("cpu.max: permission denied") }
	v.setup.look(noon)
	if all := v.notRead(nil); !strings.Contains(strings.Join(all, "\n"), "CPU quota: cpu.max: permission denied") {
		t.Errorf("not read is %q", all)
	}
}

func TestProfilingThatIsOffIsSaidOnce(t *testing.T) {
	off := func() finding.Finding {
		return finding.Finding{Signal: "setup", State: finding.OK, Cause: causeProfiling}
	}
	if s := newSetup(); len(s.Findings()) != 0 {
		t.Errorf("with profiling on: %+v", s.Findings())
	}
	s := newSetup()
	s.rate = 0
	if f := causes(s)[causeProfiling]; !strings.Contains(f.Summary, "runtime.MemProfileRate is 0") || f.Advice == "" {
		t.Errorf("with profiling off: %+v", f)
	}
	if left := withoutRepeats([]finding.Finding{off(), off()}); len(left) != 1 {
		t.Errorf("it is said %d times", len(left))
	}
}

func TestTheAdviceOnSizesReplacesTheRougherOne(t *testing.T) {
	limit := finding.Finding{Signal: "heap", State: finding.TooSmall, Cause: causeLimit}
	size := finding.Finding{Signal: "setup", State: finding.TooSmall, Cause: causeSize}
	if left := withoutRepeats([]finding.Finding{limit, size}); len(left) != 1 || left[0].Cause != causeSize {
		t.Errorf("left are %+v", left)
	}
	if left := withoutRepeats([]finding.Finding{limit}); len(left) != 1 {
		t.Errorf("alone it is gone: %+v", left)
	}
}

func TestTheLargestAreNamed(t *testing.T) {
	guard := cardinality.NewVec([]string{"path"}, func([]string) *int { return new(int) }, cardinality.Name("requests")).Guard()
	vec := cardinality.NewVec([]string{"path"}, func([]string) *int { return new(int) }, cardinality.Name("errors"))
	for i := range 200 {
		vec.With(fmt.Sprint(i))
	}
	var group, waiting sync.WaitGroup
	release := make(chan struct{})
	for range 100 {
		group.Add(1)
		waiting.Add(1)
		go waitForRelease(release, &waiting, &group)
	}
	waiting.Wait()
	s := newSetup()
	guards := func() []*cardinality.Guard { return []*cardinality.Guard{guard, vec.Guard()} }
	s.lookAtLargest(noon, noon, guards)
	if len(s.Findings()) != 0 {
		t.Errorf("before the program has started: %+v", s.Findings())
	}
	s.lookAtLargest(noon.Add(largestAfter), noon, guards)
	close(release)
	group.Wait()
	all := s.Findings()
	if len(all) != 2 || !strings.Contains(all[0].Summary, "waitForRelease") || !strings.Contains(all[1].Summary, "in errors.") {
		t.Errorf("findings are %+v", all)
	}
	if n := s.largest.sites[0].Share * float64(s.largest.goroutines); n < 50 || n > 101 { // some may not wait yet
		t.Errorf("%v goroutines wait for release, want 100", n)
	}
}

func waitForRelease(release chan struct{}, waiting, group *sync.WaitGroup) {
	defer group.Done()
	waiting.Done()
	<-release
}

func record(closed bool) lifeRecord {
	return lifeRecord{
		Schema: lifeSchema, PID: 1 << 30, Started: noon, At: noon.Add(3*time.Hour + 12*time.Minute), Closed: closed,
		Used: 97 << 20, Limit: 100 << 20, Growing: "cache.(*Store).Put", State: finding.Leaking, Build: Build{Go: "go1.26"},
	}
}

func TestTheEndOfAProcessInWords(t *testing.T) {
	dead := record(false)
	f := dead.finding()
	if f.Summary != "The previous process died at 97 % of the limit of 100 MiB after 3h 12m, growing in cache.(*Store).Put." || f.State != finding.OK {
		t.Errorf("said is %+v", f)
	}
	if !strings.Contains(f.Advice, "out of memory") {
		t.Errorf("the advice is %s", f.Advice)
	}
	dead.Used = 40 << 20
	if f := dead.finding(); !strings.Contains(f.Advice, "killed, crashed") || strings.Contains(f.Advice, "memory") {
		t.Errorf("at 40 %% the advice is %s", f.Advice)
	}
	closed := record(true)
	if f := closed.finding(); f.Summary != "The previous process ended in order after 3h 12m." {
		t.Errorf("said is %s", f.Summary)
	}
}

// The file is written once a minute, and near the limit for each percent of it.
func TestWhenAProcessWritesHowItIs(t *testing.T) {
	l := &life{written: lifeRecord{At: noon, Used: 79, Limit: 100}}
	for _, c := range []struct {
		after time.Duration
		used  uint64
		want  bool
	}{
		{time.Second, 79, false}, {59 * time.Second, 50, false}, {time.Minute, 50, true},
		{time.Second, 80, true}, {time.Second, 99, true},
	} {
		if got := l.due(lifeRecord{At: noon.Add(c.after), Used: c.used, Limit: 100}); got != c.want {
			t.Errorf("after %v at %d %%: due is %v", c.after, c.used, got)
		}
	}
	l.written.Used = 99
	if l.due(lifeRecord{At: noon.Add(time.Second), Used: 99, Limit: 100}) {
		t.Error("at a level near the limit it writes each second")
	}
}

func TestOneOfTheProcessesThatShareADirectoryKeepsTheFile(t *testing.T) {
	config := Config{CaptureDir: t.TempDir()}
	first := newLife(config, noon)
	alive := record(false)
	alive.PID = os.Getppid()
	first.keep(alive, func(*lifeRecord) {})
	second := newLife(config, noon)
	if second.last != nil || second.file.Path != "" {
		t.Errorf("beside one that lives: %+v", second.last)
	}
	first.written = lifeRecord{}
	first.keep(record(false), func(*lifeRecord) {}) // of a process that there is not
	if third := newLife(config, noon); third.last == nil || third.file.Path == "" {
		t.Error("after one that died: nothing is said")
	}
	if !strings.HasPrefix(first.file.Path, config.CaptureDir+string(filepath.Separator)) {
		t.Errorf("the file is %s", first.file.Path)
	}
}

func TestAFileThatCannotBeWrittenIsSaid(t *testing.T) {
	inBubble(t, Config{StateFile: filepath.Join(t.TempDir(), "missing", "trends")}, func(t *testing.T, v *Vitals) {
		time.Sleep(2 * time.Second)
		if f := causes(v)["life"]; f.State != finding.Unknown || !strings.Contains(f.Advice, "writable") {
			t.Errorf("the finding is %+v", f)
		}
	})
}

func FuzzLifeOfTheProcessBefore(f *testing.F) {
	f.Add([]byte(`{"schema":"govitals.life/v1","pid":7,"started":"2026-11-21T12:00:00Z","at":"2026-11-21T13:00:00Z","used":97,"limit":100,"growing":"x\u001b[2J","build":{"go":"\u001b"}}`))
	f.Add([]byte(`{"schema":"govitals.life/v1","started":"0001-01-01T00:00:00Z","at":"9999-12-31T23:59:59Z","used":18446744073709551615,"limit":1}`))
	f.Add([]byte("garbage"))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "trends")
		if err := os.WriteFile(path+lifeExtension, content, 0o600); err != nil {
			t.Fatal(err)
		}
		l := newLife(Config{StateFile: path}, noon)
		checkShown(t, Report{Summary: l.ended(), Findings: l.Findings()})
		l.end(record(true))
		if after := newLife(Config{StateFile: path}, noon); after.last == nil || !after.last.Closed {
			t.Errorf("after %q nothing could be kept", content)
		}
	})
}

func TestACaptureDirThatCannotBeUsedIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	inBubble(t, Config{CaptureDir: filepath.Join(path, "captures")}, func(t *testing.T, v *Vitals) {
		time.Sleep(2 * time.Second)
		for _, f := range v.Findings() {
			if strings.Contains(f.Summary, path) || strings.Contains(f.Advice, path) {
				return
			}
		}
		t.Errorf("nothing is said of it: %+v", v.Findings())
	})
}
