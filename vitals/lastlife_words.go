package vitals

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// finding says how the process ended that wrote the record. The state is OK: it is
// about another process, and whether this one is well is judged by its own figures.
// oomKilled says that the kernel has killed somebody of the control group since.
func (r *lifeRecord) finding(oomKilled bool) finding.Finding {
	return finding.Finding{
		Signal: "setup", State: finding.OK, Cause: r.cause(), Since: r.At,
		Summary: r.summary(), Advice: r.advice(oomKilled), How: r.how(),
	}
}

func (r *lifeRecord) cause() string {
	if r.Closed {
		return "closed"
	}
	return "killed"
}

// summary is the sentence "The previous process died at 97 % of the limit of 512 MiB
// after 3h 12m, growing in cache.Put."
func (r *lifeRecord) summary() string {
	age := " after " + text.Duration(r.At.Sub(r.Started))
	if r.Closed {
		return "The previous process ended in order" + age + "."
	}
	if r.At.Sub(r.Started) < lifeEvery { // it wrote at its start, and the next time would have been later
		age = " soon after its start"
	}
	said := "The previous process died"
	if r.Limit > 0 {
		said += fmt.Sprintf(" at %.0f %% of the limit of %s", 100*r.share(), text.Bytes(r.Limit))
	}
	said += age
	if r.Growing != "" {
		said += ", growing in " + text.Clean(r.Growing, maxName)
	}
	return said + "."
}

func (r *lifeRecord) advice(oomKilled bool) string {
	const captures = " Its last captures are in Config.CaptureDir, if that is set: GET /debug/heap lists them."
	switch {
	case r.Closed:
		return ""
	case oomKilled:
		return "It ran out of memory: the kernel has killed a process of its control group since it last wrote." + captures
	case r.share() >= lifeNear:
		return "It ran out of memory, most likely." + captures
	}
	return "Nobody called Close: it was killed, crashed or called os.Exit, or the machine went down. See its last lines in the log, and the kernel's."
}

func (r *lifeRecord) how() []string {
	how := []string{fmt.Sprintf("it was last heard of at %s, its state was %v; it writes once a minute, more often near the limit", r.At.UTC().Format(time.RFC3339), r.State)}
	if build := text.Clean(r.Build.String(), maxName); build != "" {
		how = append(how, "it was "+build)
	}
	return how
}

// isAlive reports whether there is a process of that number.
func isAlive(pid int) bool {
	process, err := os.FindProcess(pid)
	if err != nil || pid <= 0 {
		return false
	}
	defer func() { _ = process.Release() }()
	if runtime.GOOS == "windows" {
		return true // FindProcess opens it there
	}
	err = process.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, os.ErrPermission)
}
