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
	add("fds", v.unsupported.fds)
	add("rss", v.unsupported.rss)
	if v.probe == nil {
		add("eventloop", fmt.Errorf("Config.NoProbe is set"))
	}
	add("who makes the heap grow", v.sites.Err())
	add("CPU quota", v.setup.unread())
	return all
}

// unsupported says why this system cannot give a signal, nil where it can.
type unsupported struct{ fds, rss error }

// unsupportedSignals asks once.
func unsupportedSignals() (u unsupported) {
	_, u.fds = proc.Descriptors()
	_, u.rss = proc.RSS()
	return u
}
