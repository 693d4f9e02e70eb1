package watch

import (
	"fmt"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/metric"
)

const poolSignal = "pools"

// Findings implements [finding.Source].
func (p *Pool) Findings() []finding.Finding {
	s := p.Stats()
	if said := p.reading.silent(poolSignal, "pool "+s.Name, s.At); said != nil {
		return said
	}
	f := finding.Finding{Signal: poolSignal, State: finding.OK, Summary: fmt.Sprintf("Pool %s: %s.", s.Name, s.use())}
	if s.starves() || s.Window > 0 && s.WaitRate >= p.config.MaxWait {
		f.State, f.Since = finding.Lagging, s.Full
		f.Summary = fmt.Sprintf("WAITING FOR %s POOL: %s.%s", s.Name, s.use(), s.waits())
		f.Culprits = []finding.Culprit{{Name: s.Name, Share: 1}}
		f.Advice = "Look for who keeps connections: rows that are not closed, transactions that wait for something else. Raise the limit only if each is held briefly."
	}
	f.How = []string{fmt.Sprintf("over %s callers waited %s s per second, %s began to wait per second", text.Duration(s.Window), text.Number(s.WaitRate), text.Number(s.WaitsPerSecond))}
	return []finding.Finding{f}
}

// starves reports whether callers wait in a pool that gives nothing back. A wait
// that does not end is not in WaitTime (Go adds it up in DB.conn of
// GOROOT/src/database/sql/sql.go when it is over). What ended before, in the second in
// which the pool became full or since, says nothing of those that wait now.
func (s PoolStats) starves() bool {
	return s.nothingLeft() >= starved && s.At.Sub(s.served) >= starved && (s.since > 0 || s.Waiting > 0)
}

// nothingLeft is for how long nothing has been left, 0 if something is.
func (s PoolStats) nothingLeft() time.Duration {
	if s.Full.IsZero() {
		return 0
	}
	return s.At.Sub(s.Full)
}

func (s PoolStats) use() string {
	if s.Max == 0 {
		return fmt.Sprintf("%d in use, without a limit", s.InUse)
	}
	return fmt.Sprintf("%d of %d in use", s.InUse, s.Max)
}

func (s PoolStats) waits() (words string) {
	if full := s.nothingLeft(); full >= starved {
		words = fmt.Sprintf(" Nothing has been left for %s.", text.Duration(full))
	}
	switch {
	case s.Waiting > 0:
		return words + fmt.Sprintf(" %s %s now.", text.Count(s.Waiting, "caller"), verb(s.Waiting, "waits", "wait"))
	case s.starves():
		return words + fmt.Sprintf(" %s began to wait since.", text.Count(int(s.Unserved), "caller"))
	}
	return words + fmt.Sprintf(" On average %s callers waited at any time.", text.Number(s.WaitRate))
}

var poolLabel = []string{"pool"}

// The table of what a Pool measures.
var (
	descPoolUse = metric.Desc{
		Name: "pool.in_use", Unit: "{connection}", Kind: metric.KindUpDownCounter, Labels: poolLabel,
		Help:   "Connections, or places of a semaphore, that are taken.",
		Action: "If it stays at pool.limit, see pool.wait.",
	}
	descPoolLimit = metric.Desc{
		Name: "pool.limit", Unit: "{connection}", Kind: metric.KindUpDownCounter, Labels: poolLabel,
		Help:   "How many can be taken. Absent without a limit.",
		Action: "Compare with pool.in_use.",
	}
	descPoolWaiting = metric.Desc{
		Name: "pool.waiting", Unit: "{caller}", Kind: metric.KindUpDownCounter, Labels: poolLabel,
		Help:   "Callers that wait now. Absent where the pool does not know, as database/sql.",
		Action: "If it stays above 0, the pool is too small or its connections are held for too long.",
	}
	descPoolWaits = metric.Desc{
		Name: "pool.waits", Unit: "{caller}", Kind: metric.KindCounter, Labels: poolLabel,
		Help:   "Callers that had to wait.",
		Action: "If it rises, see pool.wait for how long.",
	}
	descPoolWait = metric.Desc{
		Name: "pool.wait", Unit: "s", Kind: metric.KindCounter, Labels: poolLabel,
		Help:   "Time that callers waited, added up when their wait is over.",
		Action: "A rate above 1 means that somebody waits at any time.",
	}
	descPoolFull = metric.Desc{
		Name: "pool.full", Unit: "s", Kind: metric.KindGauge, Labels: poolLabel,
		Help:   "For how long nothing has been left at any reading, 0 if something is. Absent without a limit.",
		Action: "If it rises without end, connections are not given back.",
	}
)

// Describe implements [metric.Source].
func (p *Pool) Describe() []metric.Desc {
	return []metric.Desc{descPoolUse, descPoolLimit, descPoolWaiting, descPoolWaits, descPoolWait, descPoolFull}
}

// Collect implements [metric.Source]. Where the pool was not read lately it emits nothing.
func (p *Pool) Collect(emit func(metric.Sample)) {
	s := p.Stats()
	if !p.reading.isFresh(s.At) {
		return
	}
	labels := []string{s.Name}
	number := func(desc metric.Desc, value float64) {
		emit(metric.Sample{Desc: desc, LabelValues: labels, Value: value})
	}
	number(descPoolUse, float64(s.InUse))
	number(descPoolWaits, float64(s.Waits))
	number(descPoolWait, max(0, s.WaitTime).Seconds())
	if s.Waiting >= 0 {
		number(descPoolWaiting, float64(s.Waiting))
	}
	if s.Max > 0 {
		number(descPoolLimit, float64(s.Max))
		number(descPoolFull, s.nothingLeft().Seconds())
	}
}
