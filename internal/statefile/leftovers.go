package statefile

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// leftoverAge is when a temporary file is taken for one that nobody writes any
// more: a Save takes far less, and another process may be in the middle of one.
const leftoverAge = 10 * time.Minute

// RemoveLeftovers removes the temporary files of processes that were killed in
// the middle of a Save, but not those that may still be written. What cannot be
// removed stays.
func (f File) RemoveLeftovers() {
	dir := filepath.Dir(f.Path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if f.isTemporary(entry.Name()) && err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > leftoverAge {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}

// isTemporary recognises the names that os.CreateTemp gives in Save.
func (f File) isTemporary(name string) bool {
	rest, found := strings.CutPrefix(name, filepath.Base(f.Path)+".")
	random, ends := strings.CutSuffix(rest, ".tmp")
	return found && ends && random != "" && strings.Trim(random, "0123456789") == ""
}
