package watch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

// A queue is compared with lists that are searched from end to end.
func TestQueueAgainstCounting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type known struct {
			item Item
			at   time.Time
		}
		q := NewQueue("a")
		var waiting, working []known
		pick := func(from *[]known) (known, bool) {
			if len(*from) == 0 {
				return known{}, false
			}
			i := rand.IntN(len(*from))
			k := (*from)[i]
			*from = append((*from)[:i], (*from)[i+1:]...)
			return k, true
		}
		oldest := func(of []known) (age time.Duration, sum float64) {
			for _, k := range of {
				age = max(age, time.Since(k.at))
				sum += time.Since(k.at).Seconds()
			}
			return age, sum
		}
		for range 2000 {
			time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
			switch rand.IntN(6) {
			case 0, 1:
				waiting = append(waiting, known{q.Add(), time.Now()})
			case 2, 3:
				if k, ok := pick(&waiting); ok {
					k.item.Start()
					working = append(working, known{k.item, time.Now()})
				}
			case 4:
				if k, ok := pick(&working); ok {
					k.item.Done()
				}
			case 5:
				if k, ok := pick(&working); ok {
					k.item.Retry()
					waiting = append(waiting, known{k.item, time.Now()})
				}
			}
			s := q.Stats()
			wait, _ := oldest(waiting)
			work, sum := oldest(working)
			if s.Depth != int64(len(waiting)) || s.InProgress != int64(len(working)) || s.Oldest != wait || s.Longest != work {
				t.Fatalf("%d waiting since %v, %d working since %v, want %d, %v, %d, %v", s.Depth, s.Oldest, s.InProgress, s.Longest, len(waiting), wait, len(working), work)
			}
			if diff := s.Unfinished - sum; diff > 1e-6 || diff < -1e-6 {
				t.Fatalf("unfinished work is %v, want %v", s.Unfinished, sum)
			}
			if s.Misused != 0 {
				t.Fatalf("%d calls did not fit", s.Misused)
			}
		}
	})
}

func TestQueueThatStopsIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue("mail")
		wantFinding(t, q, finding.OK, "mail")
		item := q.Add()
		item.Start()
		item.Done()
		var items []Item
		for range 4031 {
			items = append(items, q.Add())
		}
		time.Sleep(4 * time.Minute)
		wantFinding(t, q, finding.OK)
		time.Sleep(8 * time.Minute)
		wantFinding(t, q, finding.Stopped, "QUEUE STOPPED", "mail", "12m", "4,031 items")
		items[0].Start()
		items[0].Done()
		time.Sleep(6 * time.Minute)
		wantFinding(t, q, finding.Stopped, "nothing was taken from mail for 6m; 4,030 items")
		if since := time.Since(only(t, q).Since); since != 6*time.Minute {
			t.Errorf("it is stopped since %v ago, want 6m", since)
		}
	})
}

// A queue that was empty for hours has not stood still for hours.
func TestAQueueStopsWhenThereIsSomethingToTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue("mail")
		q.Add().Start()
		time.Sleep(10 * time.Hour)
		q.Add()
		time.Sleep(6 * time.Minute)
		if f := only(t, q); f.State != finding.Stopped || f.Summary != "QUEUE STOPPED: nothing was taken from mail for 6m; 1 item waiting." {
			t.Errorf("said %+v", f)
		}
	})
}

func TestQueueThatIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue("mail", MaxWait(time.Minute))
		var items []Item
		for range 100 {
			items = append(items, q.Add())
		}
		for _, item := range items[:20] {
			item.Start()
			time.Sleep(4 * time.Second)
			item.Done()
		}
		wantFinding(t, q, finding.Lagging, "QUEUE BEHIND", "80 items in mail", "1m 20s")
		s := q.Stats()
		if got := s.Work.Quantile(0.5).Seconds(); got < 4 || got > 4.2 {
			t.Errorf("half of the work took %v s, want 4", got)
		}
		if got := s.Wait.Max().Seconds(); got < 76 || got > 80 {
			t.Errorf("the longest wait took %v s, want 76", got)
		}
	})
}

func TestWorkerThatIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue("mail", MaxWork(time.Minute))
		q.Add().Start()
		time.Sleep(2 * time.Minute)
		wantFinding(t, q, finding.Suspect, "WORKER STUCK", "mail", "2m")
		got := collect(t, q)
		if got["queue.longest_running_processor mail"] != 120 || got["queue.unfinished_work mail"] != 120 {
			t.Errorf("metrics are %v", got)
		}
		if _, known := got["queue.oldest_age mail"]; known {
			t.Error("nothing waits, and there is an oldest")
		}
	})
}

func TestCallsThatDoNotFitAreCounted(t *testing.T) {
	q := NewQueue("a")
	item := q.Add()
	item.Done() // before Start
	item.Start()
	item.Start()
	item.Done()
	item.Done()
	item.Retry()
	other := q.Add() // may use the record again: the old item must not touch it
	item.Start()
	item.Drop()
	Item{}.Start()
	Item{}.Done()
	Item{}.Retry()
	Item{}.Drop()
	if s := q.Stats(); s.Misused != 5 || s.Done != 1 || s.Depth != 1 || s.InProgress != 0 {
		t.Errorf("stats are %+v, want 5 misused, 1 done, 1 waiting", s)
	}
	other.Drop()
	if s := q.Stats(); s.Dropped != 1 || s.Depth != 0 {
		t.Errorf("stats are %+v, want 1 dropped", s)
	}
}

func TestQueueBeyondWhatIsTracked(t *testing.T) {
	q := NewQueue("a")
	const n = trackerShards*maxTracked + 10_000
	items := make([]Item, n)
	for i := range items {
		items[i] = q.Add()
	}
	s := q.Stats()
	if s.Depth != n || s.Untracked < 10_000 {
		t.Errorf("%d wait, %d untracked, want %d", s.Depth, s.Untracked, n)
	}
	for _, item := range items {
		item.Start()
		item.Retry()
		item.Start()
		item.Done()
	}
	if s := q.Stats(); s.Done != n || s.Retries != n || s.Depth != 0 || s.InProgress != 0 || s.Misused != 0 {
		t.Errorf("after all is done: %+v", s)
	}
}

// However many there are, no call ends the item of somebody else.
func TestItemsBeyondWhatIsTrackedAreToldApart(t *testing.T) {
	q := NewQueue("a")
	for range trackerShards * maxTracked * 2 { // every shard is full
		q.Add()
	}
	before := q.Stats()
	if before.Untracked < trackerShards*maxTracked {
		t.Fatalf("%d of %d are untracked", before.Untracked, before.Depth)
	}
	const n = 100
	for range n {
		done, dropped := q.Add(), q.Add()
		done.Start()
		done.Done()
		done.Drop() // deferred, as the doc allows
		done.Done()
		dropped.Start()
		dropped.Drop()
	}
	s := q.Stats()
	if s.Depth != before.Depth || s.InProgress != 0 || s.Done != n || s.Dropped != n || s.Misused != n || s.Wait.Count() != 2*n || s.Work.Count() != n {
		t.Errorf("%d wait, %d in progress, %d done, %d dropped, %d misused, %d waits and %d works are counted; want %d, 0, %d, %d, %d, %d, %d",
			s.Depth, s.InProgress, s.Done, s.Dropped, s.Misused, s.Wait.Count(), s.Work.Count(), before.Depth, n, n, n, 2*n, n)
	}
}

func TestQueueFromManyGoroutines(t *testing.T) {
	q := NewQueue("a")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 2000 {
				item := q.Add()
				item.Start()
				item.Finish(nil)
			}
		})
	}
	for range 100 {
		_ = q.Findings()
		_ = collect(t, q)
	}
	group.Wait()
	if s := q.Stats(); s.Done != 8000 || s.Added != 8000 || s.Depth != 0 || s.Work.Count() != 8000 {
		t.Errorf("stats are %+v", s)
	}
}

func TestChan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue("a")
		c := NewChan[int](q, 2)
		for i := range 2 {
			if err := c.Send(t.Context(), i); err != nil {
				t.Fatal(err)
			}
		}
		if c.TrySend(3) {
			t.Error("there was room in a channel that is full")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Send(ctx, 4); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Send into a full channel: %v", err)
		}
		time.Sleep(time.Second)
		c.Close()
		c.Work(t.Context(), func(_ context.Context, i int) error {
			time.Sleep(time.Second)
			return map[int]error{1: errors.New("failed")}[i]
		})
		s := q.Stats()
		if s.Added != 4 || s.Dropped != 2 || s.Done != 1 || s.Failed != 1 || s.Depth != 0 {
			t.Errorf("stats are %+v", s)
		}
	})
}

// Sending after Close panics, as the built-in does, and a server that recovers goes on.
func TestWhatIsSentAfterCloseDoesNotWait(t *testing.T) {
	q := NewQueue("a")
	c := NewChan[int](q, 1)
	c.Close()
	if panicOf(func() { _ = c.Send(t.Context(), 1) }) == nil || panicOf(func() { c.TrySend(2) }) == nil {
		t.Error("nothing panicked")
	}
	if s := q.Stats(); s.Depth != 0 || s.Dropped != 2 || s.Added != 2 {
		t.Errorf("%d wait, %d dropped of %d: want none, 2 and 2", s.Depth, s.Dropped, s.Added)
	}
}

func TestPanicInAWorkerEndsTheItem(t *testing.T) {
	q := NewQueue("a")
	c := NewChan[int](q, 1)
	_ = c.Send(t.Context(), 1)
	if panicOf(func() { c.Work(t.Context(), func(context.Context, int) error { panic("boom") }) }) != "boom" {
		t.Error("the panic did not go on")
	}
	if s := q.Stats(); s.Failed != 1 || s.InProgress != 0 {
		t.Errorf("stats are %+v, want one failed", s)
	}
}

func TestQueueThatMakesNoSense(t *testing.T) {
	for word, create := range map[string]func(){
		"name":    func() { NewQueue("") },
		"MaxWait": func() { NewQueue("a", MaxWait(0)) },
		"MaxWork": func() { NewQueue("a", MaxWork(-1)) },
		"NewChan": func() { NewChan[int](nil, 0) },
	} {
		if said := fmt.Sprint(panicOf(create)); !strings.Contains(said, word) {
			t.Errorf("panic is %v, want one that names %s", said, word)
		}
	}
}
