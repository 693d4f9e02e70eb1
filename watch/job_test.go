package watch

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

func TestJobRunsInTimeForAHealthyHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJob(JobConfig{Name: "refresh", Every: time.Minute})
		runs := 0
		stop := run(t, j, func(context.Context) error { runs++; time.Sleep(time.Second); return nil })
		for range 60 {
			time.Sleep(time.Minute)
			if f := only(t, j); f.State != finding.OK {
				t.Fatalf("%v: %s", f.State, f.Summary)
			}
		}
		stop()
		if runs < 59 || runs > 61 {
			t.Errorf("%d runs in an hour, want one a minute", runs)
		}
		if s := j.Stats(); s.OK != uint64(runs) || s.Started != uint64(runs) || s.LastDuration != time.Second {
			t.Errorf("%d runs: stats are %+v", runs, s)
		}
	})
}

func TestJobThatFailsSilentlyIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJob(JobConfig{Name: "refresh", Every: 10 * time.Minute, NoJitter: true})
		var broken atomic.Bool
		defer run(t, j, func(context.Context) error {
			if broken.Load() {
				return errors.New("connection refused")
			}
			return nil
		})()
		time.Sleep(time.Hour + 5*time.Minute)
		broken.Store(true)
		time.Sleep(10 * time.Minute)
		wantFinding(t, j, finding.OK, "in a row", "connection refused")
		if err := j.Ready(); err != nil {
			t.Errorf("not ready within the grace: %v", err)
		}
		time.Sleep(61*24*time.Hour + time.Hour)
		wantFinding(t, j, finding.Stopped, "JOB STOPPED: refresh last succeeded 61 days ago, and should every 10m.", "connection refused")
		if err := j.Ready(); err == nil || !strings.Contains(err.Error(), "refresh last succeeded 61 days ago") {
			t.Errorf("readiness says %v", err)
		}
	})
}

func TestJobSurvivesPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJob(JobConfig{Name: "parse", Every: time.Minute})
		defer run(t, j, func(context.Context) error { panic("boom") })()
		time.Sleep(10 * time.Minute)
		s := j.Stats()
		if s.Panicked < 9 || s.Started < s.Panicked || !s.Active {
			t.Errorf("stats are %+v, want ten panics and a job that goes on", s)
		}
		if !strings.Contains(s.LastError, "boom") || !strings.Contains(s.LastError, "TestJobSurvivesPanics") {
			t.Errorf("the stack does not name who panicked:\n%s", s.LastError)
		}
		wantFinding(t, j, finding.Stopped, "parse never succeeded", "boom")
	})
}

func TestGoexitInARunIsNotTakenForHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJob(JobConfig{Name: "x", Every: time.Minute, OnOverdue: func(JobStats) {}})
		go func() { _ = j.Run(t.Context(), func(context.Context) error { runtime.Goexit(); return nil }) }()
		time.Sleep(time.Hour)
		wantFinding(t, j, finding.Stopped, "Run has returned", "Goexit")
		stop := run(t, j, func(context.Context) error { return nil }) // a supervisor starts it again
		time.Sleep(time.Minute)
		wantFinding(t, j, finding.OK)
		stop()
	})
}

func TestJobThatNobodyRunsIsOverdue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJob(JobConfig{Name: "forgotten", Every: time.Minute})
		wantFinding(t, j, finding.TooEarly, "forgotten")
		time.Sleep(3 * time.Minute)
		wantFinding(t, j, finding.Stopped, "never succeeded", "Nobody calls Run")
	})
}

func TestRunThatIgnoresItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJob(JobConfig{Name: "deaf", Every: time.Hour, Timeout: time.Minute})
		release := make(chan struct{})
		stop := run(t, j, func(context.Context) error { <-release; return nil })
		time.Sleep(30 * time.Second)
		wantFinding(t, j, finding.TooEarly)
		time.Sleep(5 * time.Minute)
		wantFinding(t, j, finding.Suspect, "JOB HANGS", "deaf", "5m 30s", "timeout of 1m")
		if err := j.Close(); err == nil || !strings.Contains(err.Error(), `"deaf"`) {
			t.Errorf("Close returned %v, want an error that names the job", err)
		}
		close(release)
		stop()
		if err := j.Close(); err != nil {
			t.Errorf("Close after the end: %v", err)
		}
	})
}

func TestCloseDuringARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJob(JobConfig{Name: "polite", Every: time.Minute})
		stop := run(t, j, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		time.Sleep(time.Second)
		if err := j.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		stop()
		if s := j.Stats(); s.Cancelled != 1 || s.Failed != 0 {
			t.Errorf("stats are %+v, want one cancelled run and no failure", s)
		}
		if err := j.Run(t.Context(), func(context.Context) error { return nil }); err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("Run after Close: %v", err)
		}
		if err := new(Job).Close(); err != nil {
			t.Errorf("Close of the zero value: %v", err)
		}
	})
}

func TestRunTwiceIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJob(JobConfig{Name: "twin", Every: time.Minute})
		stop := run(t, j, func(context.Context) error { return nil })
		synctest.Wait()
		if err := j.Run(t.Context(), func(context.Context) error { return nil }); err == nil || !strings.Contains(err.Error(), `"twin"`) {
			t.Errorf("second Run returned %v", err)
		}
		if err := j.Run(t.Context(), nil); err == nil {
			t.Error("a nil function gave no error")
		}
		stop()
	})
}

func TestOverlap(t *testing.T) {
	for overlap, want := range map[Overlap][]int{SkipMissed: {0, 30, 60}, RunAtOnce: {0, 25, 50}} {
		synctest.Test(t, func(t *testing.T) {
			j := NewJob(JobConfig{Name: "slow", Every: 10 * time.Second, NoJitter: true, Overlap: overlap})
			began, starts := time.Now(), []int(nil)
			stop := run(t, j, func(context.Context) error {
				starts = append(starts, int(time.Since(began).Seconds()))
				time.Sleep(25 * time.Second)
				return nil
			})
			time.Sleep(70 * time.Second)
			stop()
			if !slices.Equal(starts, want) {
				t.Errorf("overlap %d: runs began at %v s, want %v", overlap, starts, want)
			}
		})
	}
}

func TestOnOverdueIsCalledOncePerTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []string
		var mu sync.Mutex
		j := NewJob(JobConfig{Name: "news", Every: time.Minute, OnOverdue: func(s JobStats) {
			mu.Lock()
			defer mu.Unlock()
			calls = append(calls, s.Name)
			panic("in the callback")
		}})
		hang := make(chan struct{})
		stop := run(t, j, func(context.Context) error { <-hang; return nil })
		time.Sleep(10 * time.Minute)
		hang <- struct{}{}
		synctest.Wait()
		time.Sleep(10 * time.Minute)
		close(hang)
		time.Sleep(10 * time.Minute)
		stop()
		if !slices.Equal(calls, []string{"news", "news"}) {
			t.Errorf("called for %v, want twice", calls)
		}
	})
}

func TestDataThatIsOldThoughRunsSucceed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJob(JobConfig{Name: "rates", Every: time.Minute, MaxDataAge: 24 * time.Hour})
		asOf := time.Now()
		defer run(t, j, func(context.Context) error { j.Fresh(asOf); return nil })()
		time.Sleep(23 * time.Hour)
		wantFinding(t, j, finding.OK)
		time.Sleep(30 * time.Hour)
		wantFinding(t, j, finding.Stopped, "DATA IS OLD", "rates", "2 days old")
	})
}

// What fails does not deliver, though it is not overdue yet.
func TestDataThatIsOldSinceRunsFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJob(JobConfig{Name: "rates", Every: time.Hour, Grace: 100 * time.Hour, MaxDataAge: 24 * time.Hour, NoJitter: true})
		j.Fresh(time.Now())
		defer run(t, j, func(context.Context) error { return errors.New("connection refused") })()
		time.Sleep(30*time.Hour + time.Minute)
		wantFinding(t, j, finding.Stopped, "DATA IS OLD: that of rates is 1d 6h old, and 1d is the most. Latest of 31 failures: connection refused.")
		if advice := only(t, j).Advice; !strings.HasPrefix(advice, "Repair what the error says") {
			t.Errorf("advice is %q", advice)
		}
	})
}

func TestJobConfigValidate(t *testing.T) {
	good := JobConfig{Name: "a", Every: time.Second}
	for field, spoil := range map[string]func(*JobConfig){
		"Name":       func(c *JobConfig) { c.Name = "" },
		"Every":      func(c *JobConfig) { c.Every = -time.Second },
		"Grace":      func(c *JobConfig) { c.Grace = -1 },
		"Timeout":    func(c *JobConfig) { c.Timeout = -1 },
		"MaxDataAge": func(c *JobConfig) { c.MaxDataAge = -1 },
		"Jitter":     func(c *JobConfig) { c.Jitter = time.Hour },
		"NoJitter":   func(c *JobConfig) { c.NoJitter, c.Jitter = true, 1 },
		"Overlap":    func(c *JobConfig) { c.Overlap = 7 },
	} {
		c := good
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "JobConfig."+field) {
			t.Errorf("%s: error is %v, want one that names it", field, err)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

// A run may end between the moment of the question and the answer to it.
func TestSuccessDuringTheQuestionIsNotOneOfTheFuture(t *testing.T) {
	now, asked, ended := time.Unix(1_000_000, 0), false, make(chan struct{})
	var j *Job
	j = newJob(JobConfig{Name: "refresh", Every: time.Minute}, func() time.Time {
		if !asked {
			return now
		}
		asked = false
		was := now
		now = now.Add(time.Microsecond)
		go func() { j.end(RunOK, nil); close(ended) }()
		select {
		case <-ended:
		case <-time.After(10 * time.Millisecond): // it has to wait for the answer
		}
		return was
	})
	for range 60 {
		now = now.Add(time.Minute)
		j.begin()
		j.end(RunOK, nil)
	}
	asked = true
	if s := j.Stats(); s.Overdue != 0 {
		t.Errorf("it is on time, and said to be overdue by %v", s.Overdue)
	}
	<-ended
}

// "Never again" is not at once.
func TestJobWithTheLongestTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := false
		j := NewJob(JobConfig{Name: "once", Every: math.MaxInt64, Timeout: math.MaxInt64, OnOverdue: func(JobStats) { told = true }})
		var runs atomic.Int64
		stop := run(t, j, func(context.Context) error { runs.Add(1); time.Sleep(time.Minute); return nil })
		synctest.Wait()
		wantFinding(t, j, finding.TooEarly)
		time.Sleep(time.Hour)
		s := j.Stats()
		if stop(); runs.Load() != 1 || s.Overdue != 0 || told {
			t.Errorf("%d runs in an hour, overdue by %v, told: %v", runs.Load(), s.Overdue, told)
		}
	})
}
