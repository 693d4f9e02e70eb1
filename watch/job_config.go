package watch

import (
	"errors"
	"fmt"
	"time"

	"github.com/govitals/govitals/internal/loop"
)

// JobConfig configures a Job. Name and Every are needed, the rest is best left
// alone.
type JobConfig struct {
	// Name says which job it is in sentences and metrics: a constant of the
	// program.
	// Default: none, it is needed.
	Name string
	// Every is the time from the begin of one run to the begin of the next, at
	// least a millisecond.
	// Default: none, it is needed.
	Every time.Duration
	// Grace is how much longer than Every a success may take to come before the
	// job is overdue. Make it longer than the longest run, and long enough for
	// the failures in a row that do no harm.
	// Default: Every.
	Grace time.Duration
	// MaxDataAge is how old the data may be that the job produces, as it says by
	// Job.Fresh, before that is reported although runs succeed.
	// Default: none, the age is shown and not judged.
	MaxDataAge time.Duration
	// Timeout ends the context of a run that takes longer. A run that ignores
	// its context goes on, and is reported as one that hangs.
	// Default: none, runs may take as long as they like.
	Timeout time.Duration
	// Jitter is the most that a run is put off at random, so that many processes
	// that were started together do not all run at the same moment. The first
	// run is never put off.
	// Default: a tenth of Every.
	Jitter time.Duration
	// NoJitter has runs begin at the exact moments.
	// Default: false.
	NoJitter bool
	// Overlap says what happens when a run took longer than Every. Two runs of a
	// Job never overlap.
	// Default: [SkipMissed].
	Overlap Overlap
	// StateFile keeps the time of the last success over restarts, so that a
	// process which is restarted again and again does not look fresh each time.
	// One job, one file. Its directory must exist.
	// Default: "", a restart forgets.
	StateFile string
	// OnOverdue is called once each time that the job becomes overdue, on a
	// goroutine of its own that lives as long as Run. A panic in it is recovered.
	// Default: nil.
	OnOverdue func(JobStats)
}

// Overlap says what a Job does when a run took longer than the period.
type Overlap uint8

const (
	// SkipMissed leaves the moments out that passed during the run and waits for
	// the next.
	SkipMissed Overlap = iota
	// RunAtOnce begins the next run at once, one for all moments that passed.
	RunAtOnce
)

// Validate returns an error that names the field that is wrong.
func (c JobConfig) Validate() error {
	for _, field := range []struct {
		name  string
		value time.Duration
	}{{"Grace", c.Grace}, {"MaxDataAge", c.MaxDataAge}, {"Timeout", c.Timeout}, {"Jitter", c.Jitter}} {
		if field.value < 0 {
			return fmt.Errorf("watch: JobConfig.%s of job %q is %v: use 0 for the default, or more", field.name, c.Name, field.value)
		}
	}
	switch {
	case c.Name == "":
		return errors.New("watch: JobConfig.Name is empty: say which job it is")
	case c.Every < loop.MinEvery:
		return fmt.Errorf("watch: JobConfig.Every of job %q is %v: use at least %v", c.Name, c.Every, loop.MinEvery)
	case c.Jitter > c.Every:
		return fmt.Errorf("watch: JobConfig.Jitter of job %q is %v: use at most Every, %v", c.Name, c.Jitter, c.Every)
	case c.Jitter > 0 && c.NoJitter:
		return fmt.Errorf("watch: JobConfig.NoJitter of job %q is set and Jitter is %v: choose one", c.Name, c.Jitter)
	case c.Overlap > RunAtOnce:
		return fmt.Errorf("watch: JobConfig.Overlap of job %q is %d: use SkipMissed or RunAtOnce", c.Name, c.Overlap)
	}
	return nil
}

func (c JobConfig) withDefaults() JobConfig {
	if c.Grace == 0 {
		c.Grace = c.Every
	}
	if c.Jitter == 0 && !c.NoJitter {
		c.Jitter = c.Every / 10
	}
	return c
}
