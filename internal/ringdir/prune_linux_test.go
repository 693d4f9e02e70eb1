package ringdir

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// asNobody calls a function as another user, on a thread that ends with it.
func asNobody(t *testing.T, call func() error) error {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	ended := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked
		err := syscall.Setfsuid(65534)
		ended <- errors.Join(err, call())
	}()
	return <-ended
}

// In a directory such as /tmp nobody may remove what another user left. That is said of
// no capture, and does not cost ours their place.
func TestWhatAnotherUserLeftIsNoFault(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o777|os.ModeSticky)); err != nil {
		t.Fatal(err)
	}
	if err := asNobody(t, func() error { _, err := os.ReadDir(dir); return err }); err != nil {
		t.Skipf("other users cannot use the directory for temporary files: %v", err)
	}
	left := put(t, newDir(dir), noon, "verdict", 900)
	unfinished := filepath.Join(dir, left+".json.tmp")
	if err := os.WriteFile(unfinished, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(unfinished, noon, noon); err != nil {
		t.Fatal(err)
	}
	d := newDir(dir)
	at := noon.Add(24 * time.Hour)
	id := d.NewID(at, "verdict", "because")
	err := asNobody(t, func() error {
		_, err := d.Write(id, "pb.gz", at, content(900))
		return errors.Join(err, d.Prune(at, true))
	})
	if err != nil {
		t.Error(err)
	}
	if got := ids(t, d); !slices.Equal(got, []string{left, id}) {
		t.Errorf("there are %v, want %s and %s", got, left, id)
	}
}
