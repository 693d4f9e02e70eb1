package watch

import (
	"time"

	"github.com/govitals/govitals/metric"
)

var jobLabel = []string{"name"} // not "job", which is a label of the target in Prometheus

// The table of what a Job measures.
var (
	descJobSuccess = metric.Desc{
		Name: "job.last_success_timestamp", Unit: "s", Kind: metric.KindGauge, Labels: jobLabel,
		Help:   "When the job last succeeded, in seconds since 1970. Absent if it never did.",
		Action: "If it is far in the past, see the findings for why.",
	}
	descJobRun = metric.Desc{
		Name: "job.last_run_timestamp", Unit: "s", Kind: metric.KindGauge, Labels: jobLabel,
		Help:   "When the latest run of the job began, in seconds since 1970. Absent if none did.",
		Action: "If it is recent and the last success is not, the runs fail or hang.",
	}
	descJobDuration = metric.Desc{
		Name: "job.last_duration", Unit: "s", Kind: metric.KindGauge, Labels: jobLabel,
		Help:   "How long the latest run took that has ended. Absent if none has.",
		Action: "If it comes near the expected interval, runs will be left out.",
	}
	descJobRuns = metric.Desc{
		Name: "job.runs", Unit: "{run}", Kind: metric.KindCounter, Labels: []string{"name", "result"},
		Help:   "Runs that have ended, by result: ok, error, panic, cancelled.",
		Action: "If panic rises, repair the job: findings show the stack.",
	}
	descJobStarted = metric.Desc{
		Name: "job.started", Unit: "{run}", Kind: metric.KindCounter, Labels: jobLabel,
		Help:   "Runs that began.",
		Action: "If it stands still, the job does not run at all.",
	}
	descJobInterval = metric.Desc{
		Name: "job.expected_interval", Unit: "s", Kind: metric.KindGauge, Labels: jobLabel,
		Help:   "How often the job should run.",
		Action: "None: it is there to compare the age of the last success with.",
	}
	descJobOverdue = metric.Desc{
		Name: "job.overdue", Unit: "s", Kind: metric.KindGauge, Labels: jobLabel,
		Help:   "For how long a success of the job has been missing, 0 if it is on time. Worked out at the scrape: a job that is dead shows too.",
		Action: "If it is above 0, the work is not being done: see the findings.",
	}
	descJobRunning = metric.Desc{
		Name: "job.running", Unit: "s", Kind: metric.KindGauge, Labels: jobLabel,
		Help:   "How long the run takes so far that goes on now. Absent if none does.",
		Action: "If it rises beyond what a run may take, the run hangs: look at the goroutines.",
	}
	descJobData = metric.Desc{
		Name: "job.data_age", Unit: "s", Kind: metric.KindGauge, Labels: jobLabel,
		Help:   "How old the data of the job is, as it says by Fresh. Absent if it does not.",
		Action: "If it rises while runs succeed, the source has stopped delivering.",
	}
)

// Describe implements [metric.Source].
func (j *Job) Describe() []metric.Desc { return describeJobs() }

func describeJobs() []metric.Desc {
	return []metric.Desc{
		descJobSuccess, descJobRun, descJobDuration, descJobRuns, descJobStarted,
		descJobInterval, descJobOverdue, descJobRunning, descJobData,
	}
}

// Collect implements [metric.Source].
func (j *Job) Collect(emit func(metric.Sample)) {
	s := j.Stats()
	labels := []string{s.Name}
	number := func(desc metric.Desc, value float64) {
		emit(metric.Sample{Desc: desc, LabelValues: labels, Value: value})
	}
	stamp := func(desc metric.Desc, at time.Time) {
		if !at.IsZero() {
			number(desc, float64(at.UnixMilli())/1000)
		}
	}
	stamp(descJobSuccess, s.LastSuccess)
	stamp(descJobRun, s.LastStart)
	number(descJobInterval, s.Every.Seconds())
	number(descJobOverdue, s.Overdue.Seconds())
	number(descJobStarted, float64(s.Started))
	for result, n := range []uint64{RunOK: s.OK, RunFailed: s.Failed, RunPanicked: s.Panicked, RunCancelled: s.Cancelled} {
		emit(metric.Sample{Desc: descJobRuns, LabelValues: []string{s.Name, RunResult(result).String()}, Value: float64(n)})
	}
	if s.OK+s.Failed+s.Panicked+s.Cancelled > 0 {
		number(descJobDuration, s.LastDuration.Seconds())
	}
	if s.Running > 0 {
		number(descJobRunning, s.Running.Seconds())
	}
	if !s.DataAt.IsZero() {
		number(descJobData, max(0, s.at.Sub(s.DataAt)).Seconds())
	}
}
