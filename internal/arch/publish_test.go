package arch

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// version is the one under which publish offers the working tree.
const version = "v0.0.1"

// publish writes this module into a directory laid out like a module proxy.
func publish(t *testing.T, proxy string) {
	t.Helper()
	at := filepath.Join(proxy, filepath.FromSlash(module), "@v")
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(at, "list"), []byte(version+"\n"))
	writeFile(t, filepath.Join(at, version+".info"), []byte(`{"Version":"`+version+`"}`))
	writeFile(t, filepath.Join(at, version+".mod"), mod)
	writeFile(t, filepath.Join(at, version+".zip"), zipModule(t))
}

// zipModule packs go.mod and the Go files, tests too, for those are what
// go mod tidy looks at.
func zipModule(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && isForeign(path):
			return filepath.SkipDir
		case entry.Type().IsRegular() && (entry.Name() == "go.mod" || filepath.Ext(path) == ".go"):
			return addToZip(z, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func addToZip(z *zip.Writer, path string) error {
	name, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	w, err := z.Create(module + "@" + version + "/" + filepath.ToSlash(name))
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

func writeFile(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// fileURL works for C:\dir too, which becomes file:///C:/dir.
func fileURL(path string) string {
	return "file:///" + strings.TrimPrefix(filepath.ToSlash(path), "/")
}
