package watch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/metric"
)

// BacklogReading is what a queue says of itself at one moment.
type BacklogReading struct {
	// Depth is how many items wait.
	Depth int
	// Oldest is the age of the one that waits longest, below 0 if that is not known.
	Oldest time.Duration
	// Taken counts the items that workers ever took, HasTaken says that it is known.
	Taken    uint64
	HasTaken bool
}

// BacklogConfig configures a Backlog. Name and Read are needed.
type BacklogConfig struct {
	// Name says which queue it is: a constant of the program.
	// Default: none, it is needed.
	Name string
	// Read reads the queue, once a second. It must not wait for the queue to move.
	// Default: none, it is needed.
	Read func() BacklogReading
	// MaxWait is how long the oldest item may wait or, where its age is not known,
	// for how long there may be items without one moment of an empty queue.
	// Default: 5 minutes.
	MaxWait time.Duration
}

// Validate returns an error that names the field that is wrong.
func (c BacklogConfig) Validate() error {
	switch {
	case c.Name == "":
		return errors.New("watch: BacklogConfig.Name is empty: say which queue it is")
	case c.Read == nil:
		return fmt.Errorf("watch: BacklogConfig.Read of queue %q is nil: say how to read it", c.Name)
	case c.MaxWait < 0:
		return fmt.Errorf("watch: BacklogConfig.MaxWait of queue %q is %v: use 0 for the default, or more", c.Name, c.MaxWait)
	}
	return nil
}

// Backlog watches a queue that exists, from outside: a channel, a table, a broker. It
// sees less than a [Queue], which goes along with each item, and costs the queue nothing.
// [NewBacklog] or [ChanBacklog] makes it, Start has it read once a second. It is a
// metric.Source and a finding.Source.
type Backlog struct {
	config  BacklogConfig
	reading reading

	mu      sync.Mutex
	now     BacklogReading
	at      time.Time
	waiting time.Time // since when there has always been something
	moved   time.Time // when Taken last rose or, without it, Depth last fell
}

// NewBacklog returns a Backlog. It panics if the config makes no sense.
func NewBacklog(config BacklogConfig) *Backlog {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	if config.MaxWait == 0 {
		config.MaxWait = 5 * time.Minute
	}
	return &Backlog{config: config, reading: reading{part: "watch.Backlog", name: config.Name, every: time.Second}}
}

// ChanBacklog returns a Backlog of a channel with a buffer, which it neither sends to
// nor receives from. It panics if the name is empty or the channel nil. For what
// becomes of each value, use a [Chan] instead of the channel.
func ChanBacklog[T any](name string, c chan T) *Backlog {
	if c == nil {
		panic(fmt.Sprintf("watch: ChanBacklog: the channel of queue %q is nil: make it first", name))
	}
	return NewBacklog(BacklogConfig{Name: name, Read: func() BacklogReading {
		return BacklogReading{Depth: len(c), Oldest: -1}
	}})
}

// Start begins to read. The end of ctx has the effect of Close. A second Start, or
// one after Close, is an error.
func (b *Backlog) Start(ctx context.Context) error { return b.reading.start(ctx, b.step) }

// Close stops reading. It works on the zero value, and any number of times.
func (b *Backlog) Close() error { return b.reading.loop.Close() }

func (b *Backlog) step(context.Context) {
	now, at := b.config.Read(), time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case now.Depth <= 0:
		b.waiting = time.Time{}
	case b.waiting.IsZero():
		b.waiting, b.moved = at, at
	case now.HasTaken && now.Taken != b.now.Taken, !now.HasTaken && now.Depth < b.now.Depth:
		b.moved = at
	}
	b.now, b.at = now, at
}

// BacklogStats is what is known of a Backlog.
type BacklogStats struct {
	BacklogReading
	// Name is that of the config.
	Name string
	// At is when the queue was read last, zero if it never was.
	At time.Time
	// Waiting is for how long there has been something at each reading, and Still for
	// how long nothing was seen to leave meanwhile; 0 if nothing waits.
	Waiting time.Duration
	Still   time.Duration
}

// Stats returns what was read last.
func (b *Backlog) Stats() BacklogStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := BacklogStats{BacklogReading: b.now, Name: b.config.Name, At: b.at}
	if !b.waiting.IsZero() {
		s.Waiting, s.Still = b.at.Sub(b.waiting), b.at.Sub(b.moved)
	}
	return s
}

// Findings implements [finding.Source].
func (b *Backlog) Findings() []finding.Finding {
	s := b.Stats()
	if said := b.reading.silent(queueSignal, "queue "+s.Name, s.At); said != nil {
		return said
	}
	f := finding.Finding{Signal: queueSignal, State: finding.OK}
	waits := s.Oldest
	if waits < 0 {
		waits = s.Waiting
	}
	items := text.Count(max(s.Depth, 0), "item")
	switch {
	case s.Depth > 0 && s.Still >= b.config.MaxWait && (s.HasTaken || waits >= b.config.MaxWait):
		f.State, f.Since, f.Advice = finding.Stopped, s.At.Add(-s.Still), adviceStopped
		f.Summary = fmt.Sprintf("QUEUE STOPPED: nothing was taken from %s for %s; %s waiting.", s.Name, text.Duration(s.Still), items)
		if !s.HasTaken { // what is always full may move, for each item that leaves lets one in
			f.State = finding.Lagging
			f.Summary = fmt.Sprintf("QUEUE STOPPED OR FULL: %s was not seen to get shorter for %s; %s waiting.", s.Name, text.Duration(s.Still), items)
		}
	case s.Depth > 0 && waits >= b.config.MaxWait:
		f.State, f.Since, f.Advice = finding.Lagging, s.At.Add(-waits), adviceBehind
		f.Summary = fmt.Sprintf("QUEUE BEHIND: the oldest of %s in %s has waited for %s.", items, s.Name, text.Duration(waits))
		if s.Oldest < 0 {
			f.Summary = fmt.Sprintf("QUEUE BEHIND: %s in %s, which has not been empty for %s.", items, s.Name, text.Duration(waits))
		}
	default:
		f.Summary = fmt.Sprintf("Queue %s moves: %s waiting.", s.Name, items)
	}
	if f.State != finding.OK {
		f.Culprits = []finding.Culprit{{Name: s.Name, Share: 1}}
	}
	return []finding.Finding{f}
}

// Describe implements [metric.Source]. The names are those of a Queue.
func (b *Backlog) Describe() []metric.Desc { return []metric.Desc{descQueueDepth, descQueueOldest} }

// Collect implements [metric.Source]. Where the queue was not read lately it emits nothing.
func (b *Backlog) Collect(emit func(metric.Sample)) {
	s := b.Stats()
	if !b.reading.isFresh(s.At) {
		return
	}
	labels := []string{s.Name}
	emit(metric.Sample{Desc: descQueueDepth, LabelValues: labels, Value: float64(max(s.Depth, 0))})
	if s.Depth > 0 && s.Oldest >= 0 {
		emit(metric.Sample{Desc: descQueueOldest, LabelValues: labels, Value: s.Oldest.Seconds()})
	}
}
