package leakguard

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDescriptorCulpritsAreTheKindsThatGrew(t *testing.T) {
	before := map[string]int{"socket": 10, "pipe": 5, "files in /var/log": 3}
	now := map[string]int{"socket": 40, "pipe": 4, "files in /var/log": 13}
	got := growthByKind(before, now, 3)
	if len(got) != 2 || got[0].Name != "socket" || got[0].Share != 0.75 || got[1].Share != 0.25 {
		t.Errorf("culprits are %+v, want sockets with three quarters and files with one", got)
	}
}

func TestDescriptorsSeesWhatIsLeftOpen(t *testing.T) {
	fds := Descriptors()
	first, err := fds.Read(t.Context())
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for range 100 {
		file, err := os.CreateTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
	}
	second, err := fds.Read(t.Context())
	if err != nil || second.Value-first.Value < 95 || second.Limit < second.Value {
		t.Errorf("100 files opened: %+v to %+v (%v)", first, second, err)
	}
	if culprits := fds.(Blamer).Culprits(1); len(culprits) != 1 || !strings.HasSuffix(culprits[0].Name, filepath.Base(dir)) {
		t.Errorf("culprits are %+v, want the files in %s", culprits, dir)
	}
}

func TestThreadsAreBlamedOnWhoHoldsThem(t *testing.T) {
	g := NewGoroutines(GoroutinesConfig{})
	g.verdicts = []SiteVerdict{
		{Site: "main.poll", PerHour: 60, Wait: "IO wait", Stack: "goroutine 3 [IO wait, 9 minutes]:\n", CreatedBy: "main.a at /src/a.go:1"},
		{Site: "main.read", PerHour: 30, Wait: "syscall", Stack: "goroutine 5 [syscall, 9 minutes]:\n", CreatedBy: "main.b at /src/b.go:2"},
		{Site: "main.draw", PerHour: 10, Wait: "chan receive", Stack: "goroutine 7 [chan receive, locked to thread]:\n", CreatedBy: "main.c at /src/c.go:3"},
	}
	got := g.Threads().(Blamer).Culprits(5)
	if len(got) != 2 || got[0].Name != "main.read" || got[0].Line != 2 || got[0].Share != 0.75 || got[1].File != "/src/c.go" {
		t.Errorf("culprits are %+v, want those that keep a thread", got)
	}
	g.verdicts = []SiteVerdict{{Site: "main.any", PerHour: 1}}
	if got := g.Threads().(Blamer).Culprits(5); len(got) != 1 {
		t.Errorf("where no dump could be taken culprits are %+v", got)
	}
}
