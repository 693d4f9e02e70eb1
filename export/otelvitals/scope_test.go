package otelvitals

import (
	"runtime/debug"
	"testing"
)

func TestVersionFromBuildInfo(t *testing.T) {
	ours := func(version string) debug.Module { return debug.Module{Path: ScopeName, Version: version} }
	other := debug.Module{Path: "example.com/app", Version: "v9.9.9"}
	dependency := ours("v1.2.3")
	for want, info := range map[string]*debug.BuildInfo{
		"v1.2.3": {Main: other, Deps: []*debug.Module{&dependency}},
		"v1.2.4": {Main: ours("v1.2.4")},
		"":       {Main: ours("(devel)"), Deps: []*debug.Module{&other}},
	} {
		if got := versionIn(info); got != want {
			t.Errorf("version %q, want %q", got, want)
		}
	}
}
