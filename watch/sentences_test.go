package watch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

// What people read, to the letter.
func TestSentences(t *testing.T) {
	for want, tell := range map[string]func(*testing.T) finding.Source{
		"JOB STOPPED: refresh last succeeded 61 days ago, and should every 10m. Latest of 8,784 failures: connection refused.": jobThatFails,
		"QUEUE STOPPED: nothing was taken from mail for 12m; 4,031 items waiting.": func(*testing.T) finding.Source {
			q := NewQueue("mail")
			for range 4031 {
				q.Add()
			}
			time.Sleep(12 * time.Minute)
			return q
		},
		"WAITING FOR db POOL: 4 of 4 in use. Nothing has been left for 12s. 3 callers wait now.": func(t *testing.T) finding.Source {
			p := NewPool(PoolConfig{Name: "db", Read: func() PoolReading { return PoolReading{InUse: 4, Max: 4, Waiting: 3} }})
			p.step(t.Context())
			time.Sleep(12 * time.Second)
			p.step(t.Context())
			return p
		},
		"ORPHANED: 2 requests still run though the client has left, one for 1m: import.": func(t *testing.T) finding.Source {
			f := NewInFlight(InFlightConfig{})
			ctx, leave := context.WithCancel(t.Context())
			f.Begin(ctx, "import")
			f.Begin(ctx, "import")
			leave()
			f.look(f.requests.now())
			time.Sleep(time.Minute)
			return f
		},
		"DATA GREW: entries × 3, bytes per entry flat: sessions holds 36,000 entries in 34.3 MiB, against 12,000 entries in 11.4 MiB after warm-up.": dataThatGrew(1000),
		"DATA GREW: entries × 3: sessions holds 36,000 entries, against 12,000 entries after warm-up.":                                               dataThatGrew(-1),
	} {
		synctest.Test(t, func(t *testing.T) {
			if f := only(t, tell(t)); f.Summary != want {
				t.Errorf("said %q,\nwant %q", f.Summary, want)
			}
		})
	}
}

func jobThatFails(t *testing.T) finding.Source {
	j := NewJob(JobConfig{Name: "refresh", Every: 10 * time.Minute, NoJitter: true})
	first := true
	t.Cleanup(run(t, j, func(context.Context) error {
		defer func() { first = false }()
		if first {
			return nil
		}
		return errors.New("connection refused")
	}))
	time.Sleep(61*24*time.Hour + 5*time.Minute)
	return j
}

func dataThatGrew(each int64) func(t *testing.T) finding.Source {
	return func(t *testing.T) finding.Source {
		entries := 12_000
		s := NewState("sessions", 0, func() (int, int64) { return entries, max(-1, int64(entries)*each) })
		s.step(t.Context())
		time.Sleep(10 * time.Minute)
		s.step(t.Context())
		entries = 36_000
		s.step(t.Context())
		return s
	}
}

func TestLargeFiguresHaveNoExponents(t *testing.T) {
	p := pile{kind: "request", unit: unitGoroutine}
	p.each, p.grown, p.work = 1, 29123, 29123
	want := "EACH REQUEST LEAVES 1 goroutine BEHIND. The number of goroutines grew by 29,123 goroutines in 1h, with 29,123 requests."
	if f := p.finding(time.Time{}, time.Hour); f.Summary != want {
		t.Errorf("said %q,\nwant %q", f.Summary, want)
	}
	if got := (PoolStats{WaitRate: 1523.4}).waits(); got != " On average 1,523 callers waited at any time." {
		t.Errorf("said %q", got)
	}
	s := StateStats{Entries: 2_000_000, WarmEntries: 1000, Bytes: -1}
	if got := s.perEntry(); got != "entries × 2,000: " {
		t.Errorf("said %q", got)
	}
}
