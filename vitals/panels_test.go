package vitals

import (
	"encoding/json"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/leakguard"
	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/singleflight"
	"github.com/govitals/govitals/singleflight/httpflight"
	"github.com/govitals/govitals/watch"
)

func TestHistoryKeepsADayInLittleMemory(t *testing.T) {
	h := newPanelHistory(&Vitals{})
	if bytes := h.ring.Bytes(); bytes > 150_000 {
		t.Errorf("the history takes %d bytes, want at most 150,000", bytes)
	}
	var all time.Duration
	for _, tier := range historyTiers {
		all = max(all, tier.Every*time.Duration(tier.Buckets))
	}
	if all < 24*time.Hour {
		t.Errorf("the history reaches back %v, want a day", all)
	}
}

func TestHistoryIsThereWithoutAViewer(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		queue := watch.NewQueue("mail")
		v.Add(queue)
		for range 4 {
			queue.Add()
		}
		time.Sleep(12 * time.Minute)
		for range 3 {
			queue.Add()
		}
		time.Sleep(6 * time.Minute)
		work := panelOf(t, v.sight(time.Now().Add(-24*time.Hour)).panels(), "work")
		depth := work.Lines[0]
		if depth.Now != 7 || depth.Min != 4 || len(depth.Points) < 40 {
			t.Errorf("after 18 minutes the queue is %+v with %d points, want 4 to 7", depth, len(depth.Points))
		}
		if span := depth.Points[len(depth.Points)-1].At.Sub(depth.Points[0].At); span < 17*time.Minute || span > 18*time.Minute {
			t.Errorf("the points reach over %v, want 18 minutes", span)
		}
		if recent := panelOf(t, v.sight(time.Now().Add(-5*time.Minute)).panels(), "work").Lines[0]; recent.Min != 7 {
			t.Errorf("the last five minutes had %v at least, want 7", recent.Min)
		}
	})
}

func panelOf(t *testing.T, panels []Panel, name string) Panel {
	t.Helper()
	for _, p := range panels {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("there is no panel %s", name)
	return Panel{}
}

func TestPanelsSayWhyTheyAreEmpty(t *testing.T) {
	inBubble(t, Config{NoProbe: true}, func(t *testing.T, v *Vitals) {
		panels := v.sight(time.Time{}).panels()
		if len(panels) != 8 {
			t.Fatalf("there are %d panels, want 8", len(panels))
		}
		for _, p := range panels {
			if p.Sentence == "" || p.Title == "" || p.Unit == "" || len(p.PromQL) == 0 {
				t.Errorf("panel %s lacks words: %+v", p.Name, p)
			}
			for _, l := range p.Lines {
				if len(l.Points) > 0 {
					t.Errorf("panel %s has points that nobody asked for", p.Name)
				}
			}
		}
		for name, words := range map[string]string{"lag": "NoProbe", "labels": "Vitals.Add", "work": "Vitals.Add"} {
			if p := panelOf(t, panels, name); !strings.Contains(p.Sentence, words) {
				t.Errorf("panel %s says %q, without %s", name, p.Sentence, words)
			}
		}
		if _, err := json.Marshal(panels); err != nil {
			t.Error(err)
		}
	})
}

// The layers of memory are those of the monitor: together what the runtime holds, and
// what it does not know of.
func TestLayersAddUpToWhatIsHeld(t *testing.T) {
	v := newVitals(t, Config{})
	runtime.GC()
	eventually(t, "six layers add up to what is held, give or take a fifth", func() bool { // they are read at different moments
		total := 0.0
		memory := panelOf(t, v.sight(time.Now().Add(-time.Minute)).panels(), "memory")
		for _, l := range memory.Lines {
			total += l.Now
		}
		s := v.Monitor().Snapshot()
		want := float64(s.Committed+s.ProfilerBuckets+s.Metadata) + max(0, float64(s.Kernel.OffHeap))
		return len(memory.Lines) == 6 && total > 0.8*want && total < 1.2*want
	})
}

var metricName = regexp.MustCompile(`govitals_[a-z_0-9]+`)

// Metrics of other packages are known here by their names alone.
func TestNamesAreThoseOfMetricsThatThereAre(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		known, named := map[string]bool{}, map[string]bool{}
		for _, source := range []metric.Source{
			v, &heap.Monitor{}, &cardinality.Guard{}, watch.NewQueue("q"), watch.NewInFlight(watch.InFlightConfig{}),
			watch.NewJob(watch.JobConfig{Name: "j", Every: time.Hour}), &watch.Outbound{}, &watch.Pool{}, &singleflight.Group[string, int]{}, &httpflight.Handler{},
		} {
			for _, desc := range source.Describe() {
				named[desc.Name] = true
				known[desc.PrometheusName()] = true
				known[desc.PrometheusName()+"_bucket"] = desc.Kind == metric.KindHistogram
			}
		}
		for name := range wanted {
			if !named[name] {
				t.Errorf("the page reads %s, which nobody has", name)
			}
		}
		for _, p := range v.sight(time.Time{}).panels() {
			for _, query := range p.PromQL {
				names := metricName.FindAllString(query, -1)
				for _, name := range names {
					if !known[name] {
						t.Errorf("panel %s asks for %s, which nobody exports", p.Name, name)
					}
				}
				if len(names) == 0 {
					t.Errorf("%q names no metric", query)
				}
			}
		}
	})
}

// The limit was to be reached by now, and there was no collection since: nobody is told
// of a time below zero.
func TestForecastThatIsOver(t *testing.T) {
	past := noon.Add(-90 * time.Second)
	p := Panel{Limit: 2, Lines: []Line{{Now: 1, Points: []Point{{At: past, Value: 1}}}}}
	words := liveSentence(p, leakguard.Verdict{State: finding.Leaking, ReachesLimit: past}, true, noon)
	if !strings.HasSuffix(words, "is reached in about 0s.") {
		t.Error(words)
	}
	facts := factsOf(finding.Finding{Forecast: finding.Forecast{At: past}}, noon)
	if len(facts) != 1 || facts[0].Words != "0s" {
		t.Errorf("%+v", facts)
	}
}

// A pool of database/sql does not say who waits, nor a Backlog who works; and the ages of
// two do not add up.
func TestWhatIsNotKnownOfPartsIsNotZero(t *testing.T) {
	s := &sight{now: noon, parts: partSamples{}}
	add := func(name string, value float64, labels ...string) {
		s.parts[name] = append(s.parts[name], metric.Sample{LabelValues: labels, Value: value})
	}
	add("pool.in_use", 4, "db")
	add("queue.depth", 7, "mail")
	add("inflight.requests", 1)
	add("inflight.requests", 2)
	add("inflight.oldest", 60)
	add("inflight.oldest", 90)
	for _, row := range s.workRows() {
		switch row[0] {
		case "pool db", "queue mail":
			if row[3] != "–" {
				t.Errorf("said is %q", row)
			}
		case "requests":
			if row[1] != "3 in flight" || row[2] != "1m 30s" {
				t.Errorf("said is %q", row)
			}
		default:
			t.Errorf("there is a row %q", row)
		}
	}
}

// An origin that is down saves nobody a load.
func TestCallsWithoutAnAnswerAreNotSaved(t *testing.T) {
	s := &sight{now: noon, parts: partSamples{}}
	add := func(name string, value float64, labels ...string) {
		s.parts[name] = append(s.parts[name], metric.Sample{LabelValues: labels, Value: value})
	}
	for source, n := range map[string]float64{"loaded": 20, "shared": 10, "reused": 9, "stale": 1, "rejected": 30, "left": 30} {
		add("singleflight.calls", n, "users", source)
	}
	add("httpflight.requests", 1, "loaded")
	add("httpflight.requests", 99, "failed")
	rows := s.workRows()
	if len(rows) != 2 || rows[0][3] != "20 % of 100 calls saved" || rows[1][3] != "0 % of 100 calls saved" {
		t.Errorf("said is %q", rows)
	}
}
