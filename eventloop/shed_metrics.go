package eventloop

import (
	"fmt"
	"math"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
)

// The table of what a Shedder reports.
var (
	descShedRequests = metric.Desc{
		Name: "eventloop.shed.requests", Unit: "{request}", Kind: metric.KindCounter, Labels: []string{"outcome"},
		Help:   "Requests that came while ready work waited for too long, by outcome: refused, would_refuse (in a dry run), admitted, exempt. Others are not counted.",
		Action: "If refused rises, look at eventloop.stalls for the cause, or add capacity.",
	}
	descShedShare = metric.Desc{
		Name: "eventloop.shed.share", Unit: "1", Kind: metric.KindGauge,
		Help:   "Share of the requests that is refused now, or would be in a dry run.",
		Action: "If it stays above 0, the load is more than the process can do.",
	}
)

// Describe implements [metric.Source].
func (s *Shedder) Describe() []metric.Desc {
	return []metric.Desc{descShedRequests, descShedShare}
}

// Collect implements [metric.Source].
func (s *Shedder) Collect(emit func(metric.Sample)) {
	count := func(outcome string, n uint64) {
		emit(metric.Sample{Desc: descShedRequests, LabelValues: []string{outcome}, Value: float64(n)})
	}
	count(s.outcome(), s.refused.Load())
	count("admitted", s.admitted.Load())
	count("exempt", s.exempt.Load())
	share, _, _ := s.now()
	emit(metric.Sample{Desc: descShedShare, Value: share})
}

func (s *Shedder) outcome() string {
	if s.config.DryRun {
		return "would_refuse"
	}
	return "refused"
}

// now returns the share that is refused, the lag that it follows from, and since when.
func (s *Shedder) now() (share float64, lag time.Duration, since time.Time) {
	if s.config.Probe.idle() != nil {
		return 0, 0, since
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if refuse := s.refuse.Load(); refuse > armed {
		share = float64(refuse) / math.MaxUint32
	}
	return share, max(s.lag, s.config.Probe.Overdue()), s.since
}

// Findings implements [finding.Source].
func (s *Shedder) Findings() []finding.Finding {
	f := finding.Finding{Signal: signal, State: finding.OK, Summary: "All requests are admitted.", How: []string{
		fmt.Sprintf("nearly all are refused while a tick is overdue by %v, two fifths of MaxLag, and more goroutines are ready than there are processors", s.most),
		fmt.Sprintf("a share is refused while the %g-quantile of the lag in %v is above %v", s.config.Quantile, s.config.Window, s.most),
		fmt.Sprintf("%s so far: %d; admitted meanwhile: %d; exempt: %d", s.outcome(), s.refused.Load(), s.admitted.Load(), s.exempt.Load()),
	}}
	if err := s.config.Probe.idle(); err != nil {
		f.State = finding.Unknown
		f.Summary = fmt.Sprintf("All requests are admitted, whatever the lag: the probe does not run, %v.", err)
		f.Advice = "Call Start of the Probe in ShedConfig before requests come."
		return []finding.Finding{f}
	}
	share, lag, since := s.now()
	if share == 0 {
		return []finding.Finding{f}
	}
	verb := "are"
	if s.config.DryRun {
		verb = "would be"
	}
	f.State, f.Since, f.Cause = finding.Lagging, since, "shed"
	f.Summary = fmt.Sprintf("%.0f %% of the requests %s refused, because ready work waits for %s; %v is the most that those admitted should wait.", 100*share, verb, short(lag), s.config.MaxLag)
	f.Advice = "Look at the cause of the lag; if there is none but load, add capacity."
	return []finding.Finding{f}
}
