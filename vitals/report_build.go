package vitals

import (
	"runtime"
	"runtime/debug"
)

// Build says which program it is, so that one can say "since version 1.42".
// Arguments, environment and build flags are left out: they hold secrets and
// paths.
type Build struct {
	// Program is the path of the main package: "example.org/shop/cmd/server".
	Program string `json:"program,omitempty"`
	// Module is the path of the main module.
	Module string `json:"module,omitempty"`
	// Version is that of the main module, "" for one that was built from a
	// working directory without a tag.
	Version string `json:"version,omitempty"`
	// Revision is the commit that was built.
	Revision string `json:"revision,omitempty"`
	// Modified says that the working directory had changes beside Revision.
	Modified bool `json:"modified,omitempty"`
	// Go is the version of Go that built it.
	Go string `json:"go"`
}

// thisBuild reads what the linker wrote into the program.
func thisBuild() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Build{Go: runtime.Version()}
	}
	return buildOf(info)
}

func buildOf(info *debug.BuildInfo) Build {
	b := Build{Program: info.Path, Module: info.Main.Path, Version: info.Main.Version, Go: info.GoVersion}
	if b.Version == "(devel)" { // what go build says where there is no version
		b.Version = ""
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Revision = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}

// String is the build in a few words: "shop/cmd/server v1.42 (3fa4b21c), go1.26.8".
func (b Build) String() string {
	said := b.Program
	if said == "" {
		said = b.Module
	}
	if b.Version != "" {
		said += " " + b.Version
	}
	if b.Revision != "" {
		said += " (" + b.Revision[:min(len(b.Revision), 12)] + b.dirty() + ")"
	}
	if said != "" {
		said += ", "
	}
	return said + b.Go
}

func (b Build) dirty() string {
	if b.Modified {
		return ", with changes"
	}
	return ""
}
