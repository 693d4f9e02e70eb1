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
