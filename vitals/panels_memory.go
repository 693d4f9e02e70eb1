package vitals

import (
	"fmt"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/leakguard"
)

// live is what survives collections, with its limit and where it goes.
func (s *sight) live() Panel {
	p := Panel{Name: "heap", Title: "Live heap after collection", Unit: "By", PromQL: []string{
		"govitals_heap_live_bytes", `govitals_signal_growth_per_hour{signal="heap"}`, `govitals_signal_time_to_limit_seconds{signal="heap"}`,
	}}
	p.Lines = lines(line("live", "", s.of(func(p heap.HistoryPoint) heap.Range { return p.Live })))
	if len(p.Lines) == 0 {
		p.Sentence = "Not known yet: no garbage collection has ended."
		return p
	}
	limit, limited := s.snap.Limit()
	if limited {
		p.Limit = float64(limit.Bytes)
	}
	verdict, _ := s.v.detector.Verdict("heap")
	p.Forecast = forecastOf(verdict)
	p.Sentence = liveSentence(p, verdict, limited, s.now)
	return p
}

// forecastOf is nil where nothing grows.
func forecastOf(verdict leakguard.Verdict) *Forecast {
	if !isGrowth(verdict.State) || verdict.PerHour <= 0 {
		return nil
	}
	return &Forecast{PerHour: finite(verdict.PerHour), Low: finite(verdict.Low), High: finite(verdict.High), ReachesLimit: verdict.ReachesLimit}
}

func liveSentence(p Panel, verdict leakguard.Verdict, limited bool, now time.Time) string {
	l := p.Lines[0]
	words := text.Figure(l.Now, "By") + " survived the latest collection" + moved(l, "By") + "."
	if f := p.Forecast; f != nil {
		words += fmt.Sprintf(" The pace is %s, between %s and %s.", perHour(f.PerHour, "By"), perHour(f.Low, "By"), perHour(f.High, "By"))
	} else if verdict.State == finding.OK {
		words += " No lasting growth."
	}
	switch {
	case !limited:
		words += " No limit is known."
	case !verdict.ReachesLimit.IsZero() && l.Now < p.Limit:
		words += fmt.Sprintf(" The limit of %s is reached in about %s.", text.Figure(p.Limit, "By"), text.Duration(max(verdict.ReachesLimit.Sub(now), 0)))
	default:
		words += fmt.Sprintf(" That is %s of the limit of %s.", percent(l.Now/p.Limit), text.Figure(p.Limit, "By"))
	}
	return words
}

// owners are the layers that make up the memory of the process.
func (s *sight) owners() Panel {
	p := Panel{
		Name: "memory", Title: "Memory by owner", Unit: "By", Stacked: true, Lines: s.layers(),
		PromQL: []string{"govitals_heap_space_bytes", "govitals_heap_rss_bytes", "govitals_heap_off_heap_bytes"},
	}
	if len(p.Lines) == 0 {
		p.Sentence = "Not known yet: no garbage collection has ended, so what is live cannot be told from garbage."
		return p
	}
	largest, total := p.Lines[0], 0.0
	for _, l := range p.Lines {
		total += l.Now
		if l.Now > largest.Now {
			largest = l
		}
	}
	p.Sentence = fmt.Sprintf("%s in all; the largest part is %s with %s.", text.Figure(total, "By"), largest.Name, percent(largest.Now/max(total, 1)))
	if s.snap.Kernel.RSS > 0 {
		p.Sentence += fmt.Sprintf(" The kernel counts %s resident.", text.Bytes(s.snap.Kernel.RSS))
	}
	return p
}

// layers splits each moment of the heap's history. What both histories know at other
// moments is taken from the latest one before.
func (s *sight) layers() []Line {
	names := [...]string{"live", "garbage", "unused, held", "stacks", "runtime", "outside of Go"}
	var layers [len(names)][]Point
	young, runtime := follow(s.series[seriesYoung]), follow(s.series[seriesRuntime])
	for _, p := range s.heap {
		if !p.Live.Known() || !p.Committed.Known() {
			continue
		}
		live, stacks := float64(p.Live.Last), float64(p.Stacks.Last)
		rest := max(0, float64(p.Committed.Last)-live-stacks)
		garbage := min(young(p.At.Add(seconds(p.Seconds))), rest)
		outside := 0.0
		if p.OffHeap.Known() {
			outside = max(0, float64(p.OffHeap.Last))
		}
		for i, value := range [...]float64{live, garbage, rest - garbage, stacks, runtime(p.At.Add(seconds(p.Seconds))), outside} {
			layers[i] = append(layers[i], Point{At: p.At, Value: value, Min: value, Max: value})
		}
	}
	var all []Line
	for i, points := range layers {
		all = append(all, line(names[i], "", points))
	}
	return lines(all...)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// follow returns a function that walks along points: the value at a time is the last
// one before it, or else the first. Times must not go back.
func follow(points []Point) func(at time.Time) float64 {
	next := 0
	return func(at time.Time) float64 {
		for next+1 < len(points) && !points[next+1].At.After(at) {
			next++
		}
		if len(points) == 0 {
			return 0
		}
		return points[next].Value
	}
}

// growth names the places whose allocations stay.
func (s *sight) growth() Panel {
	p := Panel{Name: "growth", Title: "Who grew", Unit: "By", PromQL: []string{`topk(5, govitals_signal_growth_per_hour > 0)`}}
	kept := s.v.sites.Kept()
	p.Table = Table{Columns: []string{"allocation site", "place", "grew by", "per hour", "share", "mean age"}}
	for _, g := range s.v.sites.Growth(shownRows) {
		if g.Bytes > 0 {
			p.Table.Rows = append(p.Table.Rows, growthRow(g))
		}
	}
	switch {
	case s.v.sites.Err() != nil:
		p.Sentence = "Not known: " + s.v.sites.Err().Error()
	case len(kept) < 2:
		p.Sentence = "Not known yet: it takes two readings after different collections."
	case len(p.Table.Rows) == 0:
		p.Sentence = "No place in the program holds more than " + text.Duration(s.now.Sub(kept[0])) + " ago."
	default:
		p.Sentence = fmt.Sprintf("Since %s ago. Estimates from samples; a share above 100 %% means that others shrank.", text.Duration(s.now.Sub(kept[0])))
	}
	if len(p.Table.Rows) == 0 {
		p.Table = Table{}
	}
	return p
}

func growthRow(g heap.SiteGrowth) []string {
	share, age := "–", "–"
	if g.Share > 0 {
		share = fmt.Sprintf("%.0f–%.0f %%", 100*max(0, g.ShareLow), 100*g.ShareHigh)
	}
	if g.MeanAge > 0 {
		age = text.Duration(g.MeanAge.Round(time.Second))
	}
	return []string{g.Func, place(g.Func, g.File, g.Line), text.Change(float64(g.Bytes), "By"), perHour(g.PerHour, "By"), share, age}
}
