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

// Else a restart would forget all successes until the clock is there.
func TestStateOfTheFutureIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	content := `{"schema":"govitals.job/v1","name":"a","last_success":"2999-01-01T00:00:00Z","data_at":"2999-01-01T00:00:00Z"}`
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	config := JobConfig{Name: "a", Every: time.Minute, StateFile: path}
	j := NewJob(config)
	if at := j.Stats().DataAt; at.Year() == 2999 {
		t.Errorf("the data is as of %v", at)
	}
	j.begin()
	j.end(RunOK, nil)
	j.save(false)
	if last := NewJob(config).Stats().LastSuccess; last.Year() == 2999 {
		t.Errorf("after a success the file says %v", last)
	}
}

// A disk that was full when the job succeeded may have room when the process ends.
func TestStateThatCouldNotBeWrittenIsWrittenInTheEnd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	synctest.Test(t, func(t *testing.T) {
		config := JobConfig{Name: "a", Every: time.Hour, StateFile: filepath.Join(dir, "state")}
		j := NewJob(config)
		stop := run(t, j, nothing)
		time.Sleep(time.Minute)
		if j.Stats().StateError == "" {
			t.Fatal("there is no directory, and no error")
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		stop()
		if got, want := NewJob(config).Stats().LastSuccess, j.Stats().LastSuccess; !got.Equal(want) {
			t.Errorf("the next life knows of a success at %v, want %v: %s", got, want, j.Stats().StateError)
		}
	})
}

// The error is said once, not once more for what cannot be set aside.
func TestStateFileThatIsADirectory(t *testing.T) {
	dir := t.TempDir()
	s := NewJob(JobConfig{Name: "a", Every: time.Minute, StateFile: dir}).Stats()
	if strings.Count(s.StateError, dir) != 1 || !strings.Contains(s.StateError, "not a regular file") {
		t.Errorf("state error is %q", s.StateError)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
}

// A file that cannot be read today, of a disk that does not answer, may be read
// tomorrow. It is set aside when there is something to put in its place.
func TestStateFileThatCannotBeReadStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if err := os.Symlink(path, path); err != nil { // too many links, which root may not read either
		t.Skip(err)
	}
	isLink := func(path string) bool {
		info, err := os.Lstat(path)
		return err == nil && info.Mode().Type() == os.ModeSymlink
	}
	synctest.Test(t, func(t *testing.T) {
		j := NewJob(JobConfig{Name: "a", Every: time.Minute, StateFile: path})
		if j.Stats().StateError == "" || !isLink(path) {
			t.Fatalf("error is %q, there is the file: %v", j.Stats().StateError, isLink(path))
		}
		stop := run(t, j, func(context.Context) error { return nil })
		time.Sleep(5 * time.Minute)
		stop()
		if s := j.Stats(); s.StateError != "" || isLink(path) || !isLink(path+".unusable") {
			t.Errorf("after a success: error is %q, was it replaced: %v, is it aside: %v", s.StateError, !isLink(path), isLink(path+".unusable"))
		}
	})
}
