package otelvitals

import (
	"runtime/debug"
	"sync"
)

// ScopeName is the instrumentation scope of the histograms. A meter of this name
// puts the other figures beside them.
const ScopeName = "github.com/govitals/govitals"

// version returns the version of govitals in this program, "" if the build
// does not say. The build information is read once.
var version = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return versionIn(info)
})

func versionIn(info *debug.BuildInfo) string {
	for _, module := range append(info.Deps, &info.Main) {
		if module.Path == ScopeName && module.Version != "(devel)" {
			return module.Version
		}
	}
	return ""
}
