package vitals

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/heap"
)

func record(closed bool) lifeRecord {
	return lifeRecord{
		Schema: lifeSchema, PID: 1 << 30, Started: noon, At: noon.Add(3*time.Hour + 12*time.Minute), Closed: closed,
		Used: 97 << 20, Limit: 100 << 20, Growing: "cache.(*Store).Put", State: finding.Leaking, Build: Build{Go: "go1.26"},
	}
}

func TestTheEndOfAProcessInWords(t *testing.T) {
	dead := record(false)
	f := dead.finding(false)
	if f.Summary != "The previous process died at 97 % of the limit of 100 MiB after 3h 12m, growing in cache.(*Store).Put." || f.State != finding.OK {
		t.Errorf("said is %+v", f)
	}
	if !strings.Contains(f.Advice, "out of memory") {
		t.Errorf("the advice is %s", f.Advice)
	}
	dead.Used = 40 << 20
	if f := dead.finding(false); !strings.Contains(f.Advice, "killed, crashed") || strings.Contains(f.Advice, "memory") {
		t.Errorf("at 40 %% the advice is %s", f.Advice)
	}
	closed := record(true)
	if f := closed.finding(false); f.Summary != "The previous process ended in order after 3h 12m." {
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
	second := newLife(config, alive.At)
	if second.last != nil || second.file.Path != "" {
		t.Errorf("beside one that lives: %+v", second.last)
	}
	if third := newLife(config, alive.At.Add(time.Hour)); third.last == nil || third.file.Path == "" {
		t.Error("after one that died, whose number somebody else has now: nothing is said")
	}
	first.written = lifeRecord{}
	first.keep(record(false), func(*lifeRecord) {}) // of a process that there is not
	if third := newLife(config, alive.At); third.last == nil || third.file.Path == "" {
		t.Error("after one that died: nothing is said")
	}
	if !strings.HasPrefix(first.file.Path, config.CaptureDir+string(filepath.Separator)) {
		t.Errorf("the file is %s", first.file.Path)
	}
}

// A new process begins while the old one still drains its requests.
func TestAProcessThatHandsOverHasNotDied(t *testing.T) {
	config := Config{StateFile: filepath.Join(t.TempDir(), "trends")}
	drains := record(false)
	drains.PID = os.Getppid()
	newLife(config, noon).keep(drains, func(*lifeRecord) {})
	next := newLife(config, drains.At.Add(30*time.Second))
	if said := next.Findings(); len(said) != 0 || next.ended() != "" {
		t.Errorf("of a process that lives is said %+v", said)
	}
	if next.file.Path == "" {
		t.Error("the new process does not keep how it is")
	}
	if said := newLife(config, drains.At.Add(time.Hour)).ended(); !strings.Contains(said, "died") {
		t.Errorf("an hour later is said %q", said)
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

// A process that begins before its clock is right has a record all the same.
func TestTheRecordOfAProcessWhoseClockWasSetBack(t *testing.T) {
	v := &Vitals{monitor: watched(t), started: time.Now()}
	now := time.Now()
	(*(*[2]uint64)(unsafe.Pointer(&now)))[0] -= 10 * 365 * 24 * 3600 << 30 // the wall clock alone: ten years
	saved, err := json.Marshal(v.record(now))
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := parseLife(saved); !ok || r.At.Sub(r.Started) > time.Hour {
		t.Errorf("what the next process finds is %s", saved)
	}
}

// A leak that fills the rest within the minute between two writes shows in the count of
// the kernel alone.
func TestAKillOfTheKernelIsNamed(t *testing.T) {
	dead := record(false)
	dead.Used, dead.Kills = 40<<20, 7
	for now, want := range map[heap.Kernel]bool{
		{}: false, {OOMKills: 9}: false, {OOMKills: 7, HasOOMKills: true}: false, {OOMKills: 8, HasOOMKills: true}: true,
		{OOMKills: 0, HasOOMKills: true}: false, // another control group
	} {
		l := &life{last: &dead}
		l.countKills(now)
		if advice := l.Findings()[0].Advice; strings.HasPrefix(advice, "It ran out of memory: the kernel") != want {
			t.Errorf("with %+v now and 7 before the advice is %q", now, advice)
		}
	}
}
