package vitals

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
