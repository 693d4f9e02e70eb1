package watch

import (
	"context"
	"errors"
	"time"

	"github.com/govitals/govitals/internal/loop"
)

// startWatcher has OnOverdue called, from a goroutine that does not wait for the
// runs.
func (j *Job) startWatcher(ctx context.Context, watcher *loop.Loop) error {
	if j.config.OnOverdue == nil {
		return nil
	}
	told := false
	return watcher.Start(ctx, loop.Config{
		Name:  "watch.Job " + j.config.Name,
		Every: min(max(j.config.Every/10+j.config.Grace/10, loop.MinEvery), time.Second),
		Step: func(context.Context) {
			s := j.Stats()
			tell := s.Overdue > 0 && !told
			told = s.Overdue > 0
			if tell {
				j.config.OnOverdue(s)
			}
		},
	})
}

// Ready returns nil if the job is not overdue, and else an error that says in words
// what is wrong: for a readiness check.
func (j *Job) Ready() error {
	s := j.Stats()
	if s.Overdue == 0 {
		return nil
	}
	return errors.New(s.stopped())
}
