package watch

import (
	"fmt"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

const jobSignal = "jobs"

// Findings implements [finding.Source].
func (j *Job) Findings() []finding.Finding {
	return []finding.Finding{j.judge(j.Stats())}
}

func (j *Job) judge(s JobStats) finding.Finding {
	f := finding.Finding{Signal: jobSignal, State: finding.OK, How: s.how()}
	hangs := j.config.Timeout > 0 && s.Running-time.Second > j.config.Timeout // their sum may be too large
	switch {
	case s.Overdue > 0:
		f.State, f.Summary, f.Since = finding.Stopped, s.stopped(), s.at.Add(-s.Overdue)
		f.Culprits = []finding.Culprit{{Name: s.Name, Share: 1}}
		f.Advice = s.advice()
	case hangs:
		f.State, f.Since = finding.Suspect, s.LastStart
		f.Summary = fmt.Sprintf("JOB HANGS: a run of %s goes on for %s, past its timeout of %s.",
			s.Name, text.Duration(s.Running), text.Duration(j.config.Timeout))
		f.Culprits = []finding.Culprit{{Name: s.Name, Share: 1}}
		f.Advice = s.advice()
	case j.config.MaxDataAge > 0 && !s.DataAt.IsZero() && s.at.Sub(s.DataAt) > j.config.MaxDataAge:
		f.State, f.Since = finding.Stopped, s.DataAt.Add(j.config.MaxDataAge)
		f.Summary = fmt.Sprintf("DATA IS OLD: %s runs and succeeds, but its data is %s old, and %s is the most.",
			s.Name, ago(s.at, s.DataAt), text.Duration(j.config.MaxDataAge))
		f.Culprits = []finding.Culprit{{Name: s.Name, Share: 1}}
		f.Advice = "Look at the source of the data: it delivers, but nothing new."
		if s.FailuresInRow > 0 {
			f.Summary = fmt.Sprintf("DATA IS OLD: that of %s is %s old, and %s is the most. Latest of %s: %s.", s.Name, ago(s.at, s.DataAt),
				text.Duration(j.config.MaxDataAge), text.Count(int(s.FailuresInRow), "failure"), firstLine(s.LastError))
			f.Advice = s.advice()
		}
	case s.FailuresInRow > 0:
		f.Summary = fmt.Sprintf("Job %s failed %s in a row and is not overdue yet. Latest: %s.",
			s.Name, text.Count(int(s.FailuresInRow), "time"), firstLine(s.LastError))
	case s.LastSuccess.IsZero():
		f.State = finding.TooEarly
		f.Summary = fmt.Sprintf("Job %s has not succeeded yet; that is not overdue.", s.Name)
	default:
		f.Summary = fmt.Sprintf("Job %s is on time: it last succeeded %s ago.", s.Name, ago(s.at, s.LastSuccess))
	}
	return f
}

// stopped says that a job is overdue.
func (s JobStats) stopped() string {
	var b strings.Builder
	if s.LastSuccess.IsZero() {
		fmt.Fprintf(&b, "JOB STOPPED: %s never succeeded", s.Name)
	} else {
		fmt.Fprintf(&b, "JOB STOPPED: %s last succeeded %s ago", s.Name, ago(s.at, s.LastSuccess))
	}
	fmt.Fprintf(&b, ", and should every %s.", text.Duration(s.Every))
	switch {
	case s.Running > 0:
		fmt.Fprintf(&b, " A run goes on for %s.", text.Duration(s.Running))
	case s.Started == 0 && !s.Active:
		b.WriteString(" Nobody calls Run.")
	case !s.Active:
		b.WriteString(" Run has returned.")
	}
	if s.LastError != "" {
		fmt.Fprintf(&b, " Latest of %s: %s.", text.Count(int(s.FailuresInRow), "failure"), firstLine(s.LastError))
	}
	return b.String()
}

func (s JobStats) advice() string {
	switch {
	case s.Running > 0:
		return "See where the run hangs: GET /debug/goroutines. Set JobConfig.Timeout, and have the function respect its context."
	case !s.Active:
		return "Look at who calls Job.Run and why it returned or was never called."
	}
	return "Repair what the error says; Job.Stats().LastError has it in full, with the stack of a panic."
}

func (s JobStats) how() []string {
	how := []string{fmt.Sprintf("%d runs began; %d succeeded, %d failed, %d panicked, %d were cancelled", s.Started, s.OK, s.Failed, s.Panicked, s.Cancelled)}
	if !s.DataAt.IsZero() {
		how = append(how, fmt.Sprintf("its data is %s old", ago(s.at, s.DataAt)))
	}
	if s.StateError != "" {
		how = append(how, "the state file: "+firstLine(s.StateError))
	}
	return how
}
