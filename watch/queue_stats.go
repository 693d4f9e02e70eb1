package watch

import (
	"fmt"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// QueueStats is what is known of a Queue at one moment.
type QueueStats struct {
	// Name is that of NewQueue.
	Name string
	// Depth is how many items wait, InProgress how many workers have taken.
	Depth      int64
	InProgress int64
	// Untracked is how many of them are beyond the 65,536 whose ages are known.
	Untracked int64
	// Oldest is the age of the item that waits longest, 0 if none waits.
	Oldest time.Duration
	// Longest is for how long the slowest worker has had its item, Unfinished the
	// sum over all workers in seconds; 0 if none has one.
	Longest    time.Duration
	Unfinished float64
	// Taken is when an item was last taken by a worker, zero if none ever was.
	Taken time.Time
	// Added counts the items that were put in, Retries those that were put back.
	Added   uint64
	Retries uint64
	// Done, Failed and Dropped count the items that left, by how.
	Done    uint64
	Failed  uint64
	Dropped uint64
	// Misused counts calls of Item that did not fit, such as a second Done.
	Misused uint64
	// Wait is how long items waited until they were taken, Work how long workers
	// took for them.
	Wait Latency
	Work Latency
}

// Stats returns what is known now. It takes some microseconds and 8 KiB, however
// many items there are.
func (q *Queue) Stats() QueueStats {
	s := q.state()
	s.Wait, s.Work = q.waits.read(), q.works.read()
	return s
}

// state is Stats without the histograms.
func (q *Queue) state() QueueStats {
	now := q.items.now()
	waiting, working := q.items.crowd(now, first), q.items.crowd(now, second)
	s := QueueStats{
		Name: q.name, Depth: waiting.count, InProgress: working.count,
		Untracked: waiting.loose + working.loose,
		Oldest:    waiting.oldest, Longest: working.oldest, Unfinished: working.total,
		Added: q.added.Load(), Retries: q.results[ItemRetried].Load(), Done: q.results[ItemDone].Load(),
		Failed: q.results[ItemFailed].Load(), Dropped: q.results[ItemDropped].Load(), Misused: q.misused.Load(),
	}
	if waiting.moved > 0 {
		s.Taken = q.items.time(waiting.moved)
	}
	return s
}

const (
	queueSignal   = "queues"
	adviceStopped = "Look at its workers: GET /debug/goroutines. Do they run, do they wait for something?"
	adviceBehind  = "Add workers, or put less in: more comes than is dealt with."
)

// Findings implements [finding.Source].
func (q *Queue) Findings() []finding.Finding {
	s, now := q.state(), q.items.time(q.items.now())
	f := finding.Finding{Signal: queueSignal, State: finding.OK, How: s.how()}
	switch {
	case s.Oldest >= q.limits.wait && now.Sub(s.Taken) >= q.limits.wait:
		idle := min(s.Oldest, now.Sub(s.Taken)) // an empty queue is not idle
		f.State, f.Since, f.Advice = finding.Stopped, now.Add(-idle), adviceStopped
		f.Summary = fmt.Sprintf("QUEUE STOPPED: nothing was taken from %s for %s; %s waiting.",
			q.name, text.Duration(idle), text.Count(int(s.Depth), "item"))
	case s.Oldest >= q.limits.wait:
		f.State, f.Since, f.Advice = finding.Lagging, now.Add(-s.Oldest), adviceBehind
		f.Summary = fmt.Sprintf("QUEUE BEHIND: the oldest of %s in %s has waited for %s.",
			text.Count(int(s.Depth), "item"), q.name, text.Duration(s.Oldest))
	case s.Longest >= q.limits.work:
		f.State, f.Since = finding.Suspect, now.Add(-s.Longest)
		f.Summary = fmt.Sprintf("WORKER STUCK: a worker of %s has had the same item for %s.", q.name, text.Duration(s.Longest))
		f.Advice = "See where it hangs: GET /debug/goroutines. If such work is normal, raise MaxWork; if it is over, call Done."
	default:
		f.Summary = fmt.Sprintf("Queue %s moves: %s waiting, %d in progress.", q.name, text.Count(int(s.Depth), "item"), s.InProgress)
	}
	if f.State != finding.OK {
		f.Culprits = []finding.Culprit{{Name: q.name, Share: 1}}
	}
	return []finding.Finding{f}
}

func (s QueueStats) how() []string {
	how := []string{fmt.Sprintf("%d came, %d done, %d failed for good, %d retried, %d dropped", s.Added, s.Done, s.Failed, s.Retries, s.Dropped)}
	if s.Misused > 0 {
		how = append(how, fmt.Sprintf("%d calls did not fit: an Item goes from Add to Start to Done, Fail or Retry, once", s.Misused))
	}
	return how
}
