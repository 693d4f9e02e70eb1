package ringdir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newDir(dir string) *Dir {
	return New(Config{Dir: dir, MaxBytes: 1000, MaxFiles: 20, Main: "pb.gz", Last: 3, Largest: 2, Pinned: []string{"baseline", "verdict"}})
}

func content(n int) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(make([]byte, n))
		return err
	}
}

// put writes a record of n bytes and prunes, as users do.
func put(t *testing.T, d *Dir, at time.Time, kind string, n int) string {
	t.Helper()
	id := d.NewID(at, kind, "because")
	if _, err := d.Write(id, "pb.gz", at, content(n)); err != nil {
		t.Fatal(err)
	}
	if err := d.Prune(at, true); err != nil {
		t.Fatal(err)
	}
	return id
}

// onDisk lists the names in a directory, by the standard library.
func onDisk(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWriteIsPrivateAndReadable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	d := newDir(dir)
	id := d.NewID(noon, "verdict", "Leak in: Cache.Put!")
	if !strings.HasPrefix(id, fmt.Sprintf("20261121T120000.000Z-verdict-leak_in_cache_put-p%d-", os.Getpid())) {
		t.Errorf("the ID is %s", id)
	}
	n, err := d.Write(id, "pb.gz", noon, content(7))
	if err != nil || n != 7 {
		t.Fatalf("Write gives %d, %v", n, err)
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, id+".pb.gz"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
		}
	}
	f, err := d.Open(id + ".pb.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || len(got) != 7 {
		t.Errorf("read back %d bytes, %v", len(got), err)
	}
}

func TestOnlyOurFilesAreOpened(t *testing.T) {
	dir := t.TempDir()
	d := newDir(dir)
	id := put(t, d, noon, "verdict", 5)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := d.NewID(noon, "verdict", "link") + ".json"
	if err := os.Symlink(secret, filepath.Join(dir, link)); err != nil {
		t.Logf("no symbolic links here: %v", err)
	}
	for _, name := range []string{"", ".", "..", "/etc/passwd", "../" + filepath.Base(dir) + "/" + id + ".pb.gz", id, id + ".md", id + ".pb.gz.tmp", id + ".pb.gz\x00", secret, link} {
		f, err := d.Open(name)
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%q) gives %v, %v, want that there is none", name, f, err)
		}
	}
}

func TestFailedWriteLeavesNothing(t *testing.T) {
	full := func(root *os.Root, name string) (file, error) {
		f, err := createFile(root, name)
		return failing{f, syscall.ENOSPC}, err
	}
	broken := errors.New("encoder broke")
	cases := []struct {
		name   string
		create func(*os.Root, string) (file, error)
		fill   func(io.Writer) error
		want   error
	}{
		{"full disk", full, content(5), syscall.ENOSPC},
		{"content fails", createFile, func(w io.Writer) error { _, _ = w.Write([]byte("half")); return broken }, broken},
		{"empty", createFile, content(0), errEmpty},
		{"too large", createFile, content(1001), ErrTooLarge},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			d := newDir(dir)
			d.create = c.create
			_, err := d.Write(d.NewID(noon, "verdict", "x"), "pb.gz", noon, c.fill)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error is %v, want %v and the directory", err, c.want)
			}
			if left := onDisk(t, dir); len(left) > 0 {
				t.Errorf("it leaves %v", left)
			}
		})
	}
}

type failing struct {
	file
	err error
}

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestRecordIsBoundedAsAWhole(t *testing.T) {
	d := newDir(t.TempDir())
	id := d.NewID(noon, "verdict", "x")
	if _, err := d.Write(id, "json", noon, content(600)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(id, "pb.gz", noon, content(401)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("1,001 bytes in two files give %v, want ErrTooLarge", err)
	}
	if _, err := d.Write(d.NewID(noon, "verdict", "x"), "pb.gz", noon, content(1000)); err != nil {
		t.Errorf("1,000 bytes give %v", err)
	}
}

func TestPanicLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	d := newDir(dir)
	func() {
		defer func() { _ = recover() }()
		_, _ = d.Write(d.NewID(noon, "verdict", "x"), "pb.gz", noon, func(w io.Writer) error {
			_, _ = w.Write([]byte("half"))
			panic("encoder")
		})
	}()
	if left := onDisk(t, dir); len(left) > 0 {
		t.Errorf("it leaves %v", left)
	}
}

func TestVanishedDirectoryIsMadeAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "captures")
	d := newDir(dir)
	put(t, d, noon, "verdict", 5)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if records, err := d.Records(); err != nil || len(records) > 0 {
		t.Errorf("with the directory gone Records gives %v, %v", records, err)
	}
	if err := d.Beat(noon); err != nil {
		t.Errorf("with the directory gone Beat gives %v", err)
	}
	id := put(t, d, noon.Add(time.Hour), "verdict", 5)
	if got := onDisk(t, dir); !slices.Equal(got, []string{id + ".pb.gz"}) {
		t.Errorf("the directory holds %v", got)
	}
}

func TestDirectoryThatCannotBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDir(path)
	if _, err := d.Write(d.NewID(noon, "verdict", "x"), "pb.gz", noon, content(5)); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v, want one that names the path", err)
	}
	if err := d.Check(noon); err == nil {
		t.Error("Check finds nothing wrong")
	}
}

func TestCheckLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := newDir(dir).Check(noon); err != nil {
		t.Fatal(err)
	}
	if left := onDisk(t, dir); len(left) > 0 {
		t.Errorf("it leaves %v", left)
	}
}

func TestIDsAreInOrderWhenTheClockIsSetBack(t *testing.T) {
	d := newDir(t.TempDir())
	var ids []string
	for _, at := range []time.Time{noon, noon, noon.Add(-time.Hour), noon.Add(time.Second)} {
		ids = append(ids, d.NewID(at, "verdict", "x"))
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("the IDs are %v, want them ascending", ids)
	}
}

func FuzzName(f *testing.F) {
	f.Add("verdict", "leak in /etc/passwd", "pb.gz")
	f.Add("", "..", ".")
	f.Add("Kind", strings.Repeat("ä-", 200), "json.tmp")
	d := New(Config{})
	f.Fuzz(func(t *testing.T, kind, reason, ext string) {
		name := d.NewID(noon, kind, reason) + "." + ext
		p, ok := parse(name)
		if simple := ext == "json" || ext == "pb.gz"; simple && (!ok || p.owner != d.owner || p.id+"."+p.ext != name) {
			t.Errorf("%q is not taken apart as it was made: %+v", name, p)
		}
		if ok && (len(name) > 140 || strings.ContainsAny(name, "/\\\x00:") || !fs.ValidPath(name)) {
			t.Errorf("%q is taken for a safe name", name)
		}
		if _, ours := parse(reason); ours && !strings.HasPrefix(reason, "2") {
			t.Errorf("%q is taken for ours", reason)
		}
	})
}

func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	d := newDir(filepath.Join(dir, "captures"))
	id := d.NewID(noon, "verdict", "x")
	if _, err := d.Write(id, "json", noon, content(5)); err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, id+".json"), []byte("outside"), 0o600); err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{id, "../" + id + ".json", "./" + id + ".json", filepath.Join(dir, id+".json"), ".", "\x00", `..\` + id + ".json"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		file, err := d.Open(name)
		if err == nil {
			_ = file.Close()
		}
		if (err == nil) != (name == id+".json") {
			t.Errorf("Open(%q) gives %v", name, err)
		}
	})
}
