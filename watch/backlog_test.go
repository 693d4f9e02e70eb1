package watch

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/conform"
)

func TestBacklogLifecycle(t *testing.T) {
	conform.Lifecycle(t, &Backlog{}, func() conform.Starter { return ChanBacklog("a", make(chan int, 1)) })
}

// A channel that somebody else has, and its worker dies.
func TestBacklogOfAChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, end := make(chan int, 100), make(chan struct{})
		b := ChanBacklog("mail", c)
		wantFinding(t, b, finding.Unknown, "mail")
		defer started(t, b)()
		go func() {
			for {
				select {
				case <-c:
					time.Sleep(100 * time.Millisecond)
				case <-end:
					return
				}
			}
		}()
		for i := range 600 { // something waits most of the time, and goes
			c <- i
			if i%10 == 0 {
				c <- i
			}
			time.Sleep(500 * time.Millisecond)
			if f := only(t, b); f.State != finding.OK && i > 0 {
				t.Fatalf("%v: %s", f.State, f.Summary)
			}
		}
		close(end)
		time.Sleep(time.Second)
		for i := range 31 {
			c <- i
		}
		time.Sleep(4 * time.Minute)
		wantFinding(t, b, finding.OK, "Queue mail moves: 31 items waiting.")
		time.Sleep(8 * time.Minute)
		wantFinding(t, b, finding.Lagging, "QUEUE STOPPED OR FULL: mail was not seen to get shorter for 1", "31 items")
		if got := collect(t, b); got["queue.depth mail"] != 31 || len(got) != 1 {
			t.Errorf("metrics are %v, want a depth and no age", got)
		}
		<-c
		time.Sleep(2 * time.Second)
		wantFinding(t, b, finding.Lagging, "QUEUE BEHIND: 30 items in mail, which has not been empty for 12m")
	})
}

func TestBacklogOfATable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, taken := time.Now(), uint64(0)
		b := NewBacklog(BacklogConfig{Name: "rows", MaxWait: time.Minute, Read: func() BacklogReading {
			taken++
			return BacklogReading{Depth: 1000, Oldest: time.Since(began), Taken: taken, HasTaken: true}
		}})
		defer started(t, b)()
		time.Sleep(30 * time.Second)
		wantFinding(t, b, finding.OK)
		time.Sleep(time.Minute)
		wantFinding(t, b, finding.Lagging, "QUEUE BEHIND: the oldest of 1,000 items in rows has waited for 1m")
		if got := collect(t, b)["queue.oldest_age rows"]; got < 85 || got > 91 {
			t.Errorf("the oldest waits for %v s, want 90", got)
		}
	})
}

// A queue that is as long at each reading moves if its oldest item is always a new one.
func TestBacklogThatIsAlwaysAsLongMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBacklog(BacklogConfig{Name: "rows", Read: func() BacklogReading {
			return BacklogReading{Depth: 1000, Oldest: 2 * time.Second}
		}})
		defer started(t, b)()
		time.Sleep(10 * time.Minute)
		wantFinding(t, b, finding.OK, "Queue rows moves: 1,000 items waiting.")
	})
}

func TestBacklogThatStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBacklog(BacklogConfig{Name: "rows", Read: func() BacklogReading {
			return BacklogReading{Depth: 7, Oldest: -1, Taken: 99, HasTaken: true}
		}})
		defer started(t, b)()
		time.Sleep(10 * time.Minute)
		wantFinding(t, b, finding.Stopped, "QUEUE STOPPED: nothing was taken from rows for 9m", "7 items waiting")
	})
}

func TestBacklogWhoseFirstReadingHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		b := NewBacklog(BacklogConfig{Name: "rows", Read: func() (r BacklogReading) { <-release; return r }})
		stop := started(t, b)
		wantFinding(t, b, finding.TooEarly, "not read yet")
		time.Sleep(time.Minute)
		wantFinding(t, b, finding.Unknown, "not read yet")
		close(release)
		stop()
	})
}

func TestBacklogConfigValidate(t *testing.T) {
	read := func() BacklogReading { return BacklogReading{} }
	wantRefused(t, map[string]BacklogConfig{
		"BacklogConfig.Name": {Read: read}, "BacklogConfig.Read": {Name: "a"}, "BacklogConfig.MaxWait": {Name: "a", Read: read, MaxWait: -1},
	})
}
