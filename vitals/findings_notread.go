package vitals

import (
	"fmt"
	"strings"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/proc"
	"github.com/govitals/govitals/internal/text"
)

// maxNotRead bounds the list.
const maxNotRead = 64

// notRead lists what is not known, and why, one line for each.
func (v *Vitals) notRead(findings []finding.Finding) (all []string) {
	add := func(what string, err error) {
		if err != nil && len(all) < maxNotRead {
			all = append(all, what+": "+text.Clean(err.Error(), maxSentence))
		}
	}
	for _, f := range findings {
		if f.State == finding.Unknown && f.Cause != "misuse" {
			add(f.Signal, fmt.Errorf("%s", strings.TrimSuffix(f.Summary, ".")))
		}
	}
	for _, u := range v.unsupported {
		add(u.signal, u.err)
	}
	if v.probe == nil {
		add("eventloop", fmt.Errorf("Config.NoProbe is set"))
	}
	add("who makes the heap grow", v.sites.Err())
	add("CPU quota", v.setup.unread())
	return all
}

// unsupported is a signal that this system cannot give.
type unsupported struct {
	signal string
	err    error
}

// unsupportedSignals asks once.
func unsupportedSignals() (all []unsupported) {
	if _, err := proc.Descriptors(); err != nil {
		all = append(all, unsupported{"fds", err})
	}
	if _, err := proc.RSS(); err != nil {
		all = append(all, unsupported{"rss", err})
	}
	return all
}
