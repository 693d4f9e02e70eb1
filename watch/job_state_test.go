package watch

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

func TestTheLastSuccessSurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refresh.json")
	life := func(t *testing.T, err error) *Job {
		j := NewJob(JobConfig{Name: "refresh", Every: time.Minute, StateFile: path})
		stop := run(t, j, func(context.Context) error {
			j.Fresh(time.Now().Add(-time.Hour))
			return err
		})
		time.Sleep(10 * time.Minute)
		stop()
		return j
	}
	synctest.Test(t, func(t *testing.T) {
		life(t, nil)
		for range 12 { // restarted each time before it is overdue by what it knows of this life
			time.Sleep(time.Second)
			j := NewJob(JobConfig{Name: "refresh", Every: time.Minute, Grace: time.Hour, StateFile: path})
			time.Sleep(10 * time.Minute)
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		}
		j := NewJob(JobConfig{Name: "refresh", Every: time.Minute, Grace: time.Hour, StateFile: path})
		wantFinding(t, j, finding.Stopped, "refresh last succeeded 2h")
		if age := time.Since(j.Stats().DataAt); age < 3*time.Hour || age > 3*time.Hour+5*time.Minute {
			t.Errorf("the data is %v old, want an hour more than the success", age)
		}
	})
}

func TestStateFilesThatAreOfNoUse(t *testing.T) {
	for name, content := range map[string]string{
		"another job": `{"schema":"govitals.job/v1","name":"other","last_success":"2020-01-01T00:00:00Z"}`,
		"not JSON":    "\x00\x00", "empty": "", "another schema": `{"schema":"x"}`, "too long": strings.Repeat(" ", 1<<16),
	} {
		path := filepath.Join(t.TempDir(), "state")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s := NewJob(JobConfig{Name: "a", Every: time.Minute, StateFile: path}).Stats()
		if s.StateError == "" || !s.LastSuccess.IsZero() {
			t.Errorf("%s: error is %q, last success %v", name, s.StateError, s.LastSuccess)
		}
	}
}

// A clock that is set, or a file from the future, must not make a job look fresh
// for ever, nor overdue at once.
func TestJobWithAClockThatJumps(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	j := newJob(JobConfig{Name: "a", Every: time.Minute}, func() time.Time { return now })
	j.begin()
	j.end(RunOK, nil)
	now = now.Add(-24 * time.Hour)
	wantFinding(t, j, finding.OK, "0s ago")
	j.made = now // as after a restart with a file from the future
	now = now.Add(time.Hour)
	if s := j.Stats(); s.Overdue != 58*time.Minute {
		t.Errorf("overdue by %v, want 58m counted from the start", s.Overdue)
	}
	j.Fresh(now.Add(time.Hour))
	if s := j.Stats(); !s.DataAt.Equal(now) {
		t.Errorf("data of the future is as of %v, want now", s.DataAt)
	}
}

func FuzzJobState(f *testing.F) {
	f.Add([]byte(`{"schema":"govitals.job/v1","name":"a","last_success":"2020-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		s, err := parseJobState(content, "a")
		if err == nil && (s.Name != "a" || s.Schema != jobSchema) {
			t.Errorf("took the state of %q", s.Name)
		}
	})
}
