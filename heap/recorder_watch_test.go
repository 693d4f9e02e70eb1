package heap

import (
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// startRecorder starts a Recorder with short warm-up.
func startRecorder(t *testing.T, memory *fakeMemory, config RecorderConfig) *Recorder {
	t.Helper()
	r := newRecorder(t, memory, config)
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestBaselineOnceAfterWarmUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRecorder(t, new(fakeMemory), RecorderConfig{})
		time.Sleep(9 * time.Minute)
		if got := kinds(r); len(got) > 0 {
			t.Errorf("during warm-up there are %v", got)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := kinds(r); !slices.Equal(got, []string{CaptureBaseline}) {
			t.Errorf("after warm-up there are %v", got)
		}
		time.Sleep(time.Hour)
		if got := kinds(r); len(got) != 1 {
			t.Errorf("an hour later there are %v", got)
		}
	})
}

func TestCapturesOnTheWayToTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := new(fakeMemory).set(0, 1<<40)
		r := startRecorder(t, memory, RecorderConfig{WarmUp: 24 * time.Hour})
		var want []string
		for _, step := range []struct {
			percent uint64
			wait    time.Duration
			more    []string
		}{
			{69, time.Minute, nil},
			{70, time.Minute, []string{CaptureLimit70}},
			{66, time.Minute, nil}, // flaps within the hysteresis
			{71, time.Minute, nil},
			{81, time.Minute, []string{CaptureLimit80}},
			{60, time.Minute, nil},
			{81, time.Minute, nil}, // 80 % came less than 30 minutes ago
			{60, 30 * time.Minute, nil},
			{81, time.Minute, []string{CaptureLimit80}}, // one, not one for 70 % as well
			{91, 2 * time.Minute, []string{CaptureLastWords}},
			{86, 2 * time.Minute, nil},
			{91, 2 * time.Minute, nil},
			{84, 2 * time.Minute, nil},
			{91, 2 * time.Minute, []string{CaptureLastWords}}, // exempt from the 30 minutes
		} {
			memory.set(step.percent<<40/100+1<<20, 1<<40)
			time.Sleep(step.wait)
			synctest.Wait()
			if want = append(want, step.more...); r.recorded().results[resultWritten] != uint64(len(want)) {
				t.Fatalf("at %d %%: %v and %v, want %v", step.percent, kinds(r), r.recorded().results, want)
			}
			if newest := r.Captures(); len(step.more) > 0 && newest[0].Kind != step.more[0] {
				t.Fatalf("at %d %% the newest is %+v, want %s", step.percent, newest[0], step.more[0])
			}
		}
		if got := r.Captures()[0].Reason; got != "91_percent_of_1_00_tib" {
			t.Errorf("the reason reads %q", got)
		}
	})
}

func TestNoLimitNoCapture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := new(fakeMemory).set(99, 100)
		memory.now.Kernel.HasRoom = false // GOMEMLIMIT of 1 byte remains: nothing dies of it
		r := startRecorder(t, memory, RecorderConfig{WarmUp: 24 * time.Hour})
		time.Sleep(time.Hour)
		if got := kinds(r); len(got) > 0 {
			t.Errorf("there are %v", got)
		}
	})
}

func TestVerdictsAtMostOnePerHalfHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, new(fakeMemory), RecorderConfig{})
		if err := r.Capture("first"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(29 * time.Minute)
		if err := r.Capture("second"); !errors.Is(err, ErrTooSoon) || !strings.Contains(err.Error(), "1m") {
			t.Errorf("after 29 minutes the error is %v, want ErrTooSoon and how long to wait", err)
		}
		time.Sleep(time.Minute)
		if err := r.Capture("third"); err != nil {
			t.Errorf("after 30 minutes: %v", err)
		}
		if got := values(r); got["recorder.captures written"] != 2 || got["recorder.captures too_soon"] != 1 || got["recorder.last_capture_age"] != 0 {
			t.Errorf("exported are %v", got)
		}
	})
}

func TestLastWordsWhenTheEndIsNear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var end atomic.Int64 // 0 is not foreseen
		memory := new(fakeMemory).set(100<<20, 4<<30)
		r := startRecorder(t, memory, RecorderConfig{
			WarmUp: 24 * time.Hour,
			Forecast: func() (time.Time, bool) {
				return time.Unix(0, end.Load()), end.Load() != 0
			},
			Report: func(w io.Writer) error {
				_, err := io.WriteString(w, "# LEAK\nthe end")
				return err
			},
		})
		within := func(left time.Duration) { end.Store(time.Now().Add(left).UnixNano()); pass() }
		pass()
		within(20 * time.Minute)
		if got := kinds(r); len(got) > 0 {
			t.Errorf("20 minutes before the end there are %v", got)
		}
		within(14 * time.Minute)
		captures := r.Captures()
		if len(captures) != 1 || captures[0].Kind != CaptureLastWords || !strings.HasPrefix(captures[0].Reason, "end_in_1") {
			t.Fatalf("14 minutes before the end there are %+v", captures)
		}
		if got := string(readFile(t, r, captures[0].Report)); got != "# LEAK\nthe end" {
			t.Errorf("the report is %q", got)
		}
		within(20 * time.Minute)
		within(10 * time.Minute)
		if got := kinds(r); len(got) != 1 {
			t.Errorf("a forecast that wavers makes %v", got)
		}
		time.Sleep(time.Minute)
		within(time.Hour)
		within(time.Minute)
		if got := kinds(r); len(got) != 2 {
			t.Errorf("the second time there are %v", got)
		}
	})
}

func TestBrokenForecastIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRecorder(t, new(fakeMemory), RecorderConfig{Forecast: func() (time.Time, bool) { panic("no trend") }})
		time.Sleep(11 * time.Minute)
		if got := kinds(r); !slices.Equal(got, []string{CaptureBaseline}) {
			t.Errorf("captures are %v, want the baseline all the same", got)
		}
		if got := r.Findings(); len(got) != 1 || !strings.Contains(got[0].Summary, "no trend") {
			t.Errorf("findings are %+v", got)
		}
	})
}

func TestReportThatFailsIsKeptAsFarAsItGoes(t *testing.T) {
	for name, c := range map[string]struct {
		report func(io.Writer) error
		want   []string
	}{
		"error": {func(w io.Writer) error { _, _ = io.WriteString(w, "half"); return errors.New("no data") }, []string{"half", "no data"}},
		"panic": {func(w io.Writer) error { _, _ = io.WriteString(w, "half"); panic("nil map") }, []string{"half", "nil map"}},
		"empty": {func(io.Writer) error { return nil }, []string{"it is empty"}},
		"long":  {func(w io.Writer) error { _, err := w.Write(make([]byte, reportBytes+1)); return err }, []string{"longer than 128 KiB"}},
	} {
		r := newRecorder(t, new(fakeMemory), RecorderConfig{Report: c.report})
		if err := r.capture(CaptureLastWords, "x"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := string(readFile(t, r, r.Captures()[0].Report))
		for _, want := range c.want {
			if !strings.Contains(got, want) || len(got) > reportBytes+noteRoom {
				t.Errorf("%s: the report of %d bytes does not say %q", name, len(got), want)
			}
		}
	}
}
