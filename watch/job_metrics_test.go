package watch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

func TestThousandsOfJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var list Jobs
		for i := range MaxJobs {
			if err := list.Add(NewJob(JobConfig{Name: fmt.Sprint("job-", i), Every: time.Minute})); err != nil {
				t.Fatal(err)
			}
		}
		if err := list.Add(NewJob(JobConfig{Name: "straw", Every: time.Minute})); err == nil || !strings.Contains(err.Error(), `"straw"`) {
			t.Errorf("one too many: %v, want an error that names it", err)
		}
		if err := list.Ready(); err != nil {
			t.Errorf("Ready before anything is overdue: %v", err)
		}
		time.Sleep(time.Hour)
		if all := list.Findings(); len(all) != maxJobFindings+1 || !strings.Contains(all[maxJobFindings].Summary, "980 more jobs") {
			t.Errorf("%d findings, want %d that are cut", len(all), maxJobFindings+1)
		}
		if err := list.Ready(); err == nil || strings.Count(err.Error(), "\n") != maxJobFindings {
			t.Errorf("readiness says %v", err)
		}
		if err := list.Add(nil); err == nil {
			t.Error("nil was taken")
		}
	})
}

// What hangs is not overdue yet.
func TestManyJobsThatHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var list Jobs
		for i := range maxJobFindings + 2 {
			j := NewJob(JobConfig{Name: fmt.Sprint("job-", i), Every: time.Hour, Timeout: time.Minute})
			if err := list.Add(j); err != nil {
				t.Fatal(err)
			}
			j.begin()
		}
		time.Sleep(2 * time.Minute)
		all := list.Findings()
		if f := all[len(all)-1]; f.State != finding.Suspect || f.Summary != "JOBS HANG: 2 more jobs beside those that are shown." {
			t.Errorf("said %+v", f)
		}
	})
}

// Jobs that are well are one finding, which names those that fail now.
func TestJobsThatAreWellAreOneFinding(t *testing.T) {
	var list Jobs
	for _, name := range []string{"a", "b", "c"} {
		j := NewJob(JobConfig{Name: name, Every: time.Minute})
		if err := list.Add(j); err != nil {
			t.Fatal(err)
		}
		j.begin()
		if name == "b" {
			j.end(RunFailed, errors.New("connection refused"))
		}
	}
	f := only(t, &list)
	if f.State != finding.TooEarly || f.Summary != "3 jobs are on time or have time yet." || len(f.How) != 1 || !strings.Contains(f.How[0], "Job b failed 1 time in a row") {
		t.Errorf("said %+v", f)
	}
}

func TestJobMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJob(JobConfig{Name: "a", Every: time.Minute, NoJitter: true})
		if _, known := collect(t, j)["job.last_success_timestamp a"]; known {
			t.Error("a job that never succeeded has a last success")
		}
		stop := run(t, j, func(context.Context) error { time.Sleep(2 * time.Second); return nil })
		time.Sleep(time.Second)
		if got := collect(t, j)["job.running a"]; got != 1 {
			t.Errorf("a run goes on for %v s, want 1", got)
		}
		time.Sleep(time.Minute)
		stop()
		got := collect(t, j)
		for name, want := range map[string]float64{"job.runs a ok": 2, "job.last_duration a": 2, "job.overdue a": 0, "job.expected_interval a": 60} {
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		time.Sleep(time.Hour)
		if got := collect(t, j)["job.overdue a"]; got != 58*60 {
			t.Errorf("overdue for %v s, want an hour less two periods", got)
		}
	})
}
