package heap

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/govitals/govitals/finding"
)

// RecorderConfig configures a [Recorder]. Dir and Monitor must be set.
type RecorderConfig struct {
	// Dir is the directory for captures. It is made with mode 0700 where it is
	// missing; files have mode 0600, because profiles name functions and paths
	// of the source. To be there after a restart it must outlive the
	// container. Several processes may share it: each keeps within its own
	// bounds.
	Dir string
	// Monitor gives the figures and the limits. It must be started for
	// captures near the limit, and for the check that enough memory is left.
	Monitor *Monitor
	// MaxBytes bounds the size of all captures of this process, and of what
	// dead processes left behind; at least 1 MiB. A capture that is being
	// written comes on top, as do the figures of up to three that failed.
	// Default: 64 MiB.
	MaxBytes int64
	// MaxFiles bounds their number; at least 10. A capture has two or three.
	// Default: 100.
	MaxFiles int
	// Findings is whose findings are written beside a profile.
	// Default: Monitor.
	Findings finding.Source
	// Report writes the report that last words carry, as Markdown. What is
	// longer than 128 KiB is cut.
	// Default: none.
	Report func(io.Writer) error
	// Forecast says when memory will run out, and false where that is not
	// foreseen. It is asked once a second; within 15 minutes of the end last
	// words are written.
	// Default: none.
	Forecast func() (time.Time, bool)
	// WarmUp is the time from Start to the baseline, at most a day.
	// Default: 10m.
	WarmUp time.Duration
	// MinInterval is the least time between two captures of one kind, at most
	// a day. Last words keep a minute, or this if it is less.
	// Default: 30m.
	MinInterval time.Duration
	// GC forces a collection before each profile, so that it shows the heap of
	// that moment and not of the latest collection, at about 0.3 s of CPU for
	// each GB that holds pointers. It is never forced above 85 % of the limit,
	// nor for last words.
	// Default: false.
	GC bool
}

// Validate returns an error that names the field that is wrong.
func (c RecorderConfig) Validate() error {
	switch {
	case c.Dir == "":
		return errors.New("heap: RecorderConfig.Dir is empty: name a directory for captures, best one that outlives the container")
	case c.Monitor == nil:
		return errors.New("heap: RecorderConfig.Monitor is nil: give a Monitor that was started")
	case c.MaxBytes != 0 && c.MaxBytes < 1<<20:
		return fmt.Errorf("heap: RecorderConfig.MaxBytes is %d: use at least 1 MiB (1048576), or 0 for 64 MiB", c.MaxBytes)
	case c.MaxFiles != 0 && c.MaxFiles < 10:
		return fmt.Errorf("heap: RecorderConfig.MaxFiles is %d: use at least 10, or 0 for 100", c.MaxFiles)
	case c.WarmUp < 0 || c.WarmUp > 24*time.Hour:
		return fmt.Errorf("heap: RecorderConfig.WarmUp is %v: use at most 24h, or 0 for 10m", c.WarmUp)
	case c.MinInterval < 0 || c.MinInterval > 24*time.Hour:
		return fmt.Errorf("heap: RecorderConfig.MinInterval is %v: use at most 24h, or 0 for 30m", c.MinInterval)
	}
	return nil
}

func (c RecorderConfig) withDefaults() RecorderConfig {
	c.MaxBytes = cmp.Or(c.MaxBytes, 64<<20)
	c.MaxFiles = cmp.Or(c.MaxFiles, 100)
	c.WarmUp = cmp.Or(c.WarmUp, 10*time.Minute)
	c.MinInterval = cmp.Or(c.MinInterval, 30*time.Minute)
	if c.Findings == nil {
		c.Findings = c.Monitor
	}
	return c
}
