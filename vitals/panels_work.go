package vitals

import (
	"fmt"
	"slices"
	"time"

	"github.com/govitals/govitals/internal/text"
)

// labels says how many label sets metrics have.
func (s *sight) labels() Panel {
	p := Panel{
		Name: "labels", Title: "Label sets of metrics", Unit: "{series}",
		Lines:  lines(line("series", "", s.series[seriesSets])),
		PromQL: []string{"topk(10, govitals_cardinality_sets / govitals_cardinality_limit)", `govitals_signal_value{signal="series"}`},
		Table:  s.parts.labelTable(),
	}
	overflowed, _ := s.parts.sum("cardinality.overflow_observations")
	guarded := len(s.parts["cardinality.sets"])
	switch {
	case guarded == 0 && len(p.Lines) == 0:
		p.Sentence = "Nobody counts them: add guards with Vitals.Add, or watch promguard.NewSeries."
	case guarded == 0:
		p.Sentence = fmt.Sprintf("%s series%s. No metric is guarded: which label explodes is said by the report, and nothing stops it.",
			text.Figure(p.Lines[0].Now, ""), moved(p.Lines[0], ""))
	case overflowed > 0:
		p.Sentence = fmt.Sprintf("%s guarded; %s had no room for a set of their own.", text.Count(guarded, "metric"), observations(overflowed))
	default:
		p.Sentence = text.Count(guarded, "metric") + " guarded; all label sets have room."
	}
	return p
}

// labelTable has a row for each guarded metric, those nearest to their limit first.
func (f partSamples) labelTable() Table {
	sets, limits, dropped := f.by("cardinality.sets"), f.by("cardinality.limit"), f.by("cardinality.overflow_observations")
	distinct := f.byBoth(nameDistinct)
	used := map[string]float64{}
	for name, n := range sets {
		used[name] = n / max(limits[name], 1)
	}
	t := Table{Columns: []string{"metric", "sets", "limit", "dropped", "worst label"}}
	for _, name := range largestFirst(used)[:min(len(used), shownRows)] {
		t.Rows = append(t.Rows, []string{
			name, text.Figure(sets[name], ""), text.Figure(limits[name], ""), text.Figure(dropped[name], ""), worstLabel(distinct[name]),
		})
	}
	if len(t.Rows) == 0 {
		return Table{}
	}
	return t
}

func worstLabel(distinct map[string]float64) string {
	order := largestFirst(distinct)
	if len(order) == 0 {
		return "–"
	}
	return fmt.Sprintf("%s (%s values)", order[0], text.Figure(distinct[order[0]], ""))
}

// work is what is under way, and what should be.
func (s *sight) work() Panel {
	p := Panel{
		Name: "work", Title: "Queues, jobs and flights", Unit: "{item}",
		Lines: lines(line("waiting in queues", "{item}", s.series[seriesDepth]), line("requests in flight", "{request}", s.series[seriesInFlight])),
		PromQL: []string{
			"govitals_queue_depth", "govitals_job_overdue_seconds > 0", "govitals_inflight_requests",
			`sum by (group) (rate(govitals_singleflight_calls_total{source=~"shared|reused|stale"}[5m])) / sum by (group) (rate(govitals_singleflight_calls_total[5m]))`,
		},
	}
	rows := s.workRows()
	if len(rows) == 0 {
		p.Sentence = "None is known: add jobs, queues, pools and flights with Vitals.Add."
		return p
	}
	p.Table = Table{Columns: []string{"part", "now", "oldest", "what else"}, Rows: rows[:min(len(rows), 2*shownRows)]}
	p.Sentence = s.workSentence()
	if left := len(rows) - len(p.Table.Rows); left > 0 {
		p.Sentence += fmt.Sprintf(" %d more are not shown.", left)
	}
	return p
}

func (s *sight) workSentence() string {
	overdue := 0
	for _, sample := range s.parts["job.overdue"] {
		if sample.Value > 0 {
			overdue++
		}
	}
	if overdue > 0 {
		return text.Count(overdue, "job") + " overdue."
	}
	return "No job is overdue."
}

func (s *sight) workRows() (rows [][]string) {
	rows = slices.Concat(s.jobRows(), s.queueRows(), s.poolRows(), s.flightRows())
	if n, ok := s.parts.sum("inflight.requests"); ok {
		oldest := s.parts.most("inflight.oldest")
		orphans, _ := s.parts.sum("inflight.orphans")
		rows = append(rows, []string{"requests", text.Figure(n, "") + " in flight", age(oldest), text.Figure(orphans, "") + " without a client"})
	}
	if n, ok := s.parts.sum("outbound.waiting"); ok {
		oldest := s.parts.most("outbound.oldest")
		rows = append(rows, []string{"calls to others", text.Figure(n, "") + " waiting", age(oldest), "–"})
	}
	return rows
}

func (s *sight) jobRows() (rows [][]string) {
	overdue, success, running := s.parts.by("job.overdue"), s.parts.by("job.last_success_timestamp"), s.parts.by("job.running")
	for _, name := range largestFirst(overdue) {
		state, last := "on time", "never succeeded"
		if late := overdue[name]; late > 0 {
			state = "overdue for " + age(late)
		} else if running[name] > 0 {
			state = "running for " + age(running[name])
		}
		if at, ok := success[name]; ok {
			last = "succeeded " + age(max(0, s.now.Sub(time.Unix(0, int64(at*1e9))).Seconds())) + " ago"
		}
		rows = append(rows, []string{"job " + name, state, "–", last})
	}
	return rows
}

func (s *sight) queueRows() (rows [][]string) {
	depth, oldest, busy := s.parts.by("queue.depth"), s.parts.by("queue.oldest_age"), s.parts.by("queue.in_progress")
	for _, name := range largestFirst(depth) {
		work := "–" // a Backlog does not know
		if n, known := busy[name]; known {
			work = text.Figure(n, "") + " being worked on"
		}
		rows = append(rows, []string{"queue " + name, text.Figure(depth[name], "") + " waiting", age(oldest[name]), work})
	}
	return rows
}

func (s *sight) poolRows() (rows [][]string) {
	used, limit, waiting := s.parts.by("pool.in_use"), s.parts.by("pool.limit"), s.parts.by("pool.waiting")
	for _, name := range largestFirst(used) {
		now := text.Figure(used[name], "")
		if most := limit[name]; most > 0 {
			now += " of " + text.Figure(most, "")
		}
		wait := "–" // database/sql does not say
		if n, known := waiting[name]; known {
			wait = text.Figure(n, "") + " wait for one"
		}
		rows = append(rows, []string{"pool " + name, now + " in use", "–", wait})
	}
	return rows
}

func (s *sight) flightRows() (rows [][]string) {
	calls, running, oldest := s.parts.byBoth("singleflight.calls"), s.parts.by("singleflight.running"), s.parts.by("singleflight.oldest")
	for _, name := range largestFirst(s.parts.by("singleflight.calls")) {
		rows = append(rows, flightRow("flight "+name, calls[name], running[name], oldest[name]))
	}
	if requests := s.parts.by("httpflight.requests"); len(requests) > 0 {
		running, _ := s.parts.sum("httpflight.running")
		rows = append(rows, flightRow("HTTP flight", requests, running, s.parts.most("httpflight.oldest")))
	}
	return rows
}

// flightRow says which share of calls was answered without a load of its own. Those
// that failed, were rejected or left have no answer.
func flightRow(name string, calls map[string]float64, running, oldest float64) []string {
	total := 0.0
	for _, n := range calls {
		total += n
	}
	saved := "no calls yet"
	if total > 0 {
		saved = percent((calls["shared"]+calls["reused"]+calls["stale"])/total) + " of " + text.Figure(total, "") + " calls saved"
	}
	return []string{name, text.Figure(running, "") + " running", age(oldest), saved}
}
