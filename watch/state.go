package watch

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/metric"
)

const (
	// stateEvery is how often a State asks.
	stateEvery = 10 * time.Second
	// grown is how many times as much must be held as after warm-up, and
	// grownEntries and grownBytes by how much more, to be worth a sentence.
	grown        = 2
	grownEntries = 1000
	grownBytes   = 16 << 20
	// flat is how much bytes per entry may differ and still be called flat.
	flat = 0.25
)

// State watches what the application itself holds: sessions, a cache, an index. Now
// against after warm-up, it tells data that grew from a leak. [NewState] makes it,
// Start has it ask every ten seconds. It is a metric.Source and a finding.Source.
type State struct {
	name    string
	warm    time.Duration
	ask     func() (entries int, bytes int64)
	reading reading

	mu          sync.Mutex
	began       time.Time // of the first reading
	now, before held
}

// held is what was there at one moment, the zero value if nobody asked.
type held struct {
	at      time.Time
	entries int
	bytes   int64 // below 0 if not known
}

// StateStats is what is known of a State.
type StateStats struct {
	// Name is that of NewState.
	Name string
	// At is when it was asked last, WarmAt when after warm-up; zero if it was not.
	At     time.Time
	WarmAt time.Time
	// Entries and Bytes are what is held now, WarmEntries and WarmBytes what was
	// after warm-up. Bytes are below 0 if not known.
	Entries     int
	Bytes       int64
	WarmEntries int
	WarmBytes   int64
}

// NewState returns a State. The name is a constant of the program; ask returns what
// is held, with bytes below 0 if that is not known. It is called by one goroutine at
// a time; a panic in it is recovered, and the figures stay as they were. The reading
// after the time of warmUp is what later ones are compared with; 0 means ten minutes.
// It panics if an argument makes no sense.
func NewState(name string, warmUp time.Duration, ask func() (entries int, bytes int64)) *State {
	if name == "" || ask == nil || warmUp < 0 {
		panic(fmt.Sprintf("watch: NewState: name is %q, warmUp %v, ask nil: %t: give it a name, 0 or more, and a function", name, warmUp, ask == nil))
	}
	if warmUp == 0 {
		warmUp = 10 * time.Minute
	}
	return &State{name: name, warm: warmUp, ask: ask, reading: reading{part: "watch.State", name: name, every: stateEvery}}
}

// Start begins to ask. The end of ctx has the effect of Close. A second Start, or one
// after Close, is an error.
func (s *State) Start(ctx context.Context) error { return s.reading.start(ctx, s.step) }

// Close stops asking. It works on the zero value, and any number of times.
func (s *State) Close() error { return s.reading.loop.Close() }

func (s *State) step(context.Context) {
	entries, bytes := s.ask()
	now := held{time.Now(), max(entries, 0), bytes}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.began.IsZero() {
		s.began = now.at
	}
	s.now = now
	if s.before.at.IsZero() && now.at.Sub(s.began) >= s.warm {
		s.before = now
	}
}

// Stats returns what was read last.
func (s *State) Stats() StateStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return StateStats{
		Name: s.name, At: s.now.at, WarmAt: s.before.at,
		Entries: s.now.entries, Bytes: s.now.bytes, WarmEntries: s.before.entries, WarmBytes: s.before.bytes,
	}
}

const stateSignal = "state"

// Findings implements [finding.Source]. Whether it leaks is for the trend of the heap
// to say: this says whether the application holds more.
func (s *State) Findings() []finding.Finding {
	now := s.Stats()
	if said := s.reading.silent(stateSignal, s.name, now.At); said != nil {
		return said
	}
	f := finding.Finding{Signal: stateSignal, State: finding.OK}
	switch {
	case now.WarmAt.IsZero():
		f.State, f.Summary = finding.TooEarly, fmt.Sprintf("%s holds %s; it warms up.", s.name, now.holds())
	case now.grew():
		f.State, f.Since = finding.Growing, now.WarmAt
		f.Summary = fmt.Sprintf("DATA GREW: %s%s holds %s, against %s after warm-up.", now.perEntry(), s.name, now.holds(), now.held())
		f.Culprits = []finding.Culprit{{Name: s.name}}
		f.Advice = "If the service has more to do, this is no leak: raise the limit. If not, bound it: by number, by age, or by bytes."
	default:
		f.Summary = fmt.Sprintf("%s holds %s, about what it held after warm-up.", s.name, now.holds())
	}
	return []finding.Finding{f}
}

func (s StateStats) grew() bool {
	entries := s.Entries/grown >= s.WarmEntries && s.Entries-s.WarmEntries >= grownEntries
	bytes := s.Bytes >= 0 && s.WarmBytes >= 0 && s.Bytes/grown >= s.WarmBytes && s.Bytes-s.WarmBytes >= grownBytes
	return entries || bytes
}

func (s StateStats) holds() string { return amount(s.Entries, s.Bytes) }

func (s StateStats) held() string { return amount(s.WarmEntries, s.WarmBytes) }

func amount(entries int, bytes int64) string {
	words := text.Figure(float64(entries), "{entry}") + " " + verb(entries, "entry", "entries")
	if bytes >= 0 {
		words += " in " + text.Bytes(uint64(bytes))
	}
	return words
}

// perEntry says whether the entries grew or their number did.
func (s StateStats) perEntry() string {
	if s.Entries == 0 || s.WarmEntries == 0 {
		return ""
	}
	entries := float64(s.Entries) / float64(s.WarmEntries)
	if s.Bytes < 0 || s.WarmBytes <= 0 {
		return fmt.Sprintf("entries × %s: ", text.Number(entries))
	}
	each := float64(s.Bytes) / float64(s.WarmBytes) / entries
	if math.Abs(each-1) <= flat {
		return fmt.Sprintf("entries × %s, bytes per entry flat: ", text.Number(entries))
	}
	return fmt.Sprintf("entries × %s, bytes per entry × %s: ", text.Number(entries), text.Number(each))
}

// The table of what a State measures.
var (
	descStateEntries = metric.Desc{
		Name: "state.entries", Unit: "{entry}", Kind: metric.KindUpDownCounter, Labels: []string{"state"},
		Help:   "Entries that the application holds.",
		Action: "If it grows with live memory, data grew; if memory grows without it, look for a leak.",
	}
	descStateBytes = metric.Desc{
		Name: "state.held", Unit: "By", Kind: metric.KindUpDownCounter, Labels: []string{"state"},
		Help:   "Bytes that the application says it holds. Absent where it does not know.",
		Action: "Compare with heap.live: what is beyond is held by something else.",
	}
)

// Describe implements [metric.Source].
func (s *State) Describe() []metric.Desc { return []metric.Desc{descStateEntries, descStateBytes} }

// Collect implements [metric.Source]. Where nobody was asked lately it emits nothing.
func (s *State) Collect(emit func(metric.Sample)) {
	now := s.Stats()
	if !s.reading.isFresh(now.At) {
		return
	}
	labels := []string{s.name}
	emit(metric.Sample{Desc: descStateEntries, LabelValues: labels, Value: float64(now.Entries)})
	if now.Bytes >= 0 {
		emit(metric.Sample{Desc: descStateBytes, LabelValues: labels, Value: float64(now.Bytes)})
	}
}
