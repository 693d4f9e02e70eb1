package watch

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/metric"
)

const (
	// MaxJobs is how many jobs a [Jobs] holds.
	MaxJobs = 1000
	// maxJobFindings is how many bad jobs have a finding of their own.
	maxJobFindings = 20
)

// Jobs is a list of jobs that report together: one source for all of them, and
// one readiness check. The zero value is empty and ready to use.
type Jobs struct {
	mu   sync.Mutex
	jobs []*Job
}

// Add puts a job on the list. Names must differ, and there are at most [MaxJobs]:
// a job for each customer is not a job but a queue.
func (l *Jobs) Add(j *Job) error {
	if j == nil {
		return errors.New("watch: Jobs.Add: the job is nil: make it with NewJob")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.jobs) >= MaxJobs {
		return fmt.Errorf("watch: job %q is one too many, %d is the most: make one job that works through a list", j.config.Name, MaxJobs)
	}
	for _, other := range l.jobs {
		if other.config.Name == j.config.Name {
			return fmt.Errorf("watch: there is a job %q already: give each a name of its own", j.config.Name)
		}
	}
	l.jobs = append(l.jobs, j)
	return nil
}

func (l *Jobs) all() []*Job {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.jobs[:len(l.jobs):len(l.jobs)]
}

// Ready returns nil if no job is overdue, and else an error that says in words which
// are, the longest overdue first and at most 20 of them.
func (l *Jobs) Ready() error {
	var overdue []JobStats
	for _, j := range l.all() {
		if s := j.Stats(); s.Overdue > 0 {
			overdue = append(overdue, s)
		}
	}
	slices.SortFunc(overdue, func(a, b JobStats) int { return cmp.Compare(b.Overdue, a.Overdue) })
	var words []error
	for i, s := range overdue {
		if i == maxJobFindings {
			words = append(words, fmt.Errorf("and %s", text.Count(len(overdue)-i, "more job")))
			break
		}
		words = append(words, errors.New(s.stopped()))
	}
	return errors.Join(words...)
}

// Findings implements [finding.Source]: one finding for each of the worst jobs, at
// most 20, and one for all others.
func (l *Jobs) Findings() []finding.Finding {
	var bad, good []finding.Finding
	var failing []string // that are good all the same
	for _, j := range l.all() {
		s := j.Stats()
		f := j.judge(s)
		if f.State.Worse(finding.TooEarly) {
			bad = append(bad, f)
			continue
		}
		good = append(good, f)
		if s.FailuresInRow > 0 {
			failing = append(failing, f.Summary)
		}
	}
	slices.SortStableFunc(bad, func(a, b finding.Finding) int { return a.Since.Compare(b.Since) })
	rest := bad[min(len(bad), maxJobFindings):]
	bad = bad[:len(bad)-len(rest)]
	if len(rest) > 0 {
		state, what := finding.Worst(rest), "JOBS STOPPED"
		if state == finding.Suspect {
			what = "JOBS HANG"
		}
		bad = append(bad, finding.Finding{
			Signal: jobSignal, State: state,
			Summary: fmt.Sprintf("%s: %s beside those that are shown.", what, text.Count(len(rest), "more job")),
			Advice:  "Look for what they have in common: a database, a credential, a network.",
		})
	}
	if len(good) <= 1 {
		return append(bad, good...)
	}
	return append(bad, finding.Finding{
		Signal: jobSignal, State: finding.Worst(good),
		Summary: fmt.Sprintf("%d jobs are on time or have time yet.", len(good)),
		How:     failing[:min(len(failing), maxJobFindings)],
	})
}

// Describe implements [metric.Source].
func (l *Jobs) Describe() []metric.Desc { return describeJobs() }

// Collect implements [metric.Source].
func (l *Jobs) Collect(emit func(metric.Sample)) {
	for _, j := range l.all() {
		j.Collect(emit)
	}
}
