package vitals

import (
	"fmt"
	"time"

	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/leakguard"
)

// goroutines says where they are, and which become more.
func (s *sight) goroutines() Panel {
	p := Panel{
		Name: "goroutines", Title: "Goroutines by site", Unit: "{goroutine}",
		Lines:  lines(line("goroutines", "", s.series[seriesGoroutines])),
		PromQL: []string{`govitals_signal_value{signal="goroutines"}`},
	}
	if len(p.Lines) == 0 {
		p.Sentence = "Not known yet."
		return p
	}
	counts, since := s.v.past.sites.counts()
	verdicts := s.v.goroutines.Verdicts()
	p.Table = siteTable(counts, verdicts)
	p.Sentence = text.Count(int(p.Lines[0].Now), "goroutine") + moved(p.Lines[0], "") + "."
	if !since.IsZero() {
		p.Sentence += fmt.Sprintf(" Sites are counted now and then; the change is since %s ago.", text.Duration(s.now.Sub(since)))
	}
	if len(verdicts) > 0 {
		p.Sentence += " Goroutines pile up at " + text.Count(len(verdicts), "site") + "."
	}
	return p
}

// siteTable lists those that pile up first, then the largest.
func siteTable(counts []siteCount, verdicts []leakguard.SiteVerdict) Table {
	t := Table{Columns: []string{"started with go → where it is", "count", "change", "oldest waits", "verdict"}}
	first, told := map[string]int{}, map[string]bool{}
	for _, c := range counts {
		if c.Known {
			first[c.Site.String()] = c.Count - c.Grown
		}
	}
	for _, v := range verdicts[:min(len(verdicts), shownRows)] {
		told[v.Site] = true
		grown, waits := v.Grown, "–"
		if was, known := first[v.Site]; known {
			grown = v.Count - was
		}
		if v.Minutes > 0 {
			waits = text.Duration(time.Duration(v.Minutes) * time.Minute)
		}
		t.Rows = append(t.Rows, []string{v.Site, text.Figure(float64(v.Count), ""), text.Change(float64(grown), ""), waits, stateWord(v.State)})
	}
	for _, c := range counts {
		if len(t.Rows) == shownRows {
			break
		}
		if site := c.Site.String(); !told[site] {
			t.Rows = append(t.Rows, []string{site, text.Figure(float64(c.Count), ""), c.change(), "–", "–"})
		}
	}
	if len(t.Rows) == 0 {
		return Table{}
	}
	return t
}

// lag is how long ready work waits.
func (s *sight) lag() Panel {
	p := Panel{
		Name: "lag", Title: "Scheduling delay", Unit: "s",
		Lines: lines(line("p50", "", s.series[seriesLagP50]), line("p99", "", s.series[seriesLagP99]), line("longest", "", s.series[seriesLagMax])),
		PromQL: []string{
			"histogram_quantile(0.99, sum by (le) (rate(govitals_eventloop_lag_seconds_bucket[5m])))",
			"sum by (cause) (rate(govitals_eventloop_stall_seconds_total[5m]))",
		},
	}
	switch {
	case s.v.probe == nil:
		p.Sentence = "Not measured: Config.NoProbe is set."
	case len(p.Lines) < 3:
		p.Sentence = "Not known yet: the probe has just begun."
	default:
		p.Sentence = fmt.Sprintf("A request that is ready runs within %s in the middle; the longest wait was %s, %s.",
			brief(p.Lines[0].Now), brief(p.Lines[2].Max), over(p.Lines[2]))
	}
	return p
}

// collector is what collections cost.
func (s *sight) collector() Panel {
	p := Panel{
		Name: "gc", Title: "Garbage collection", Unit: "1",
		Lines: lines(
			line("CPU share", "1", s.of(func(p heap.HistoryPoint) heap.Range { return p.GCShare })),
			line("cycles per minute", "{cycle}/min", s.series[seriesCycles]),
			line("pause p99", "s", s.series[seriesPause]),
		),
		PromQL: []string{"govitals_heap_gc_cpu_ratio", "rate(govitals_heap_cycles_total[5m]) * 60", "govitals_heap_gc_pause_p99_seconds"},
	}
	if s.snap.Cycles == 0 || len(p.Lines) == 0 {
		p.Sentence = "Not known yet: no garbage collection has ended."
		return p
	}
	p.Sentence = fmt.Sprintf("%s so far.", text.Count(int(s.snap.Cycles), "collection"))
	if c := s.snap.Cycle; c.Count > 0 {
		p.Sentence += fmt.Sprintf(" The latest took %s of the processors, %s of CPU time.", percent(c.GCShare), brief(c.CPU.Seconds()))
	}
	if s.snap.LimiterOn() {
		p.Sentence += " The collector is held back to half of the CPU: it cannot keep up."
	}
	return p
}
