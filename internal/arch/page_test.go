package arch

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestArchitectureNamesEveryPackage keeps the map complete. Of examples and of what is
// deployed the directory will do.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range slices.Sorted(maps.Keys(sources(t).packages())) {
		name := path.Base(dir)
		if top, _, _ := strings.Cut(dir, "/"); top == "examples" || top == "deploy" {
			name = top
		}
		if dir != "." && !mentions(string(page), name) {
			t.Errorf("ARCHITECTURE.md does not name %s: say in a line what it is for", dir)
		}
	}
}
