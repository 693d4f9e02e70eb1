package vitals

import (
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/watch"
)

// Whoever adds a part with each request is stopped by a bound, whenever the report was
// asked for first.
func TestPartsAreBounded(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		var asked atomic.Int64
		add := func() {
			for range 2 * maxSources {
				v.Add(part{func() []finding.Finding { asked.Add(1); return nil }})
			}
		}
		add()
		v.Report()
		add()
		asked.Store(0)
		v.Findings()
		if n := asked.Load(); n > maxSources || n < maxSources/2 {
			t.Errorf("%d parts are asked, of which there may be %d", n, maxSources)
		}
	})
}

// A part that was not made is said, and takes nothing else with it.
func TestNilPartsAreLeftOut(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		v.Add((*watch.InFlight)(nil), (*cardinality.Guard)(nil), (*watch.State)(nil), (*watch.Queue)(nil))
		time.Sleep(time.Minute)
		v.Add(part{func() []finding.Finding { return nil }})
		report := v.Report()
		for _, kind := range []string{"*watch.InFlight", "*cardinality.Guard", "*watch.State", "*watch.Queue"} {
			if !strings.Contains(report.String(), "nil "+kind) {
				t.Errorf("the report does not say that a nil %s was added:\n%s", kind, report)
			}
		}
		if v.stepping.Faults().Count > 0 {
			t.Errorf("a step did not return: %s", v.stepping.Faults().Last)
		}
		if collect(v)["part.things"] != 3 {
			t.Error("the part that was made has no figures")
		}
	})
}

// nameless is a part that cannot say what it has.
type nameless struct{ part }

func (nameless) Describe() []metric.Desc { panic("no names") }

func TestPartWhoseDescribePanicsHidesNoOther(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		healthy := part{func() []finding.Finding { return nil }}
		v.Add(nameless{healthy}, healthy)
		said := slices.ContainsFunc(v.Describe(), func(d metric.Desc) bool { return d.Name == descPart.Name })
		if !said || !strings.Contains(v.Report().String(), "vitals.nameless panicked: no names") {
			t.Errorf("the healthy part is described: %v\n%s", said, v.Report())
		}
	})
}

// boundless is a part with a figure that no JSON can hold.
type boundless struct{ part }

var descBoundless = metric.Desc{Name: "queue.depth", Unit: "{item}", Help: "h", Action: "a", Labels: []string{"queue"}}

func (boundless) Collect(emit func(metric.Sample)) {
	emit(metric.Sample{Desc: descBoundless, LabelValues: []string{"q"}, Value: math.Inf(1)})
	emit(metric.Sample{Desc: descBoundless, LabelValues: []string{"r"}, Value: 1e300})
}

func TestFiguresThatAreNoneDoNotCostTheReport(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		v.Add(boundless{part{func() []finding.Finding { return nil }}})
		time.Sleep(time.Minute)
		report := v.Report()
		report.Panels = v.sight(time.Now().Add(-time.Hour)).panels()
		if _, err := json.Marshal(report); err != nil {
			t.Error(err)
		}
	})
}

// asking is a log that asks for a report with each line, as one does that counts its
// lines and shows them.
type asking struct {
	slog.Handler
	v     *atomic.Pointer[Vitals]
	lines *atomic.Int64
}

func (a asking) Enabled(context.Context, slog.Level) bool { return true }

func (a asking) Handle(context.Context, slog.Record) error {
	a.lines.Add(1)
	if v := a.v.Load(); v != nil {
		v.Findings()
		v.Collect(func(metric.Sample) {})
	}
	return nil
}

func TestLoggerMayAskBack(t *testing.T) {
	log := asking{quiet.Handler(), new(atomic.Pointer[Vitals]), new(atomic.Int64)}
	v, err := Start(t.Context(), Config{Logger: slog.New(log), NoProbe: true})
	if err != nil {
		t.Fatal(err)
	}
	log.v.Store(v)
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.Add(nil)
		v.Watch(nil)
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("whoever logs waits for the one who logs")
	}
	if log.lines.Load() != 2 {
		t.Errorf("%d lines for two wrong calls", log.lines.Load())
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
}

// fragile is a part all of whose further methods panic.
type fragile struct{ part }

func (fragile) Requests(int) []watch.Request { panic("no requests") }
func (fragile) Trips() []cardinality.Trip    { panic("no trips") }
func (fragile) Guards() []*cardinality.Guard { panic("no guards") }

// sparse is a group with a guard that was not made.
type sparse struct{ part }

func (sparse) Guards() []*cardinality.Guard { return []*cardinality.Guard{nil} }

// A part that panics on a page, or in a step, takes neither with it.
func TestPartThatPanicsCostsItselfAlone(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	inBubble(t, Config{StateFile: state}, func(t *testing.T, v *Vitals) {
		quiet := part{func() []finding.Finding { return nil }}
		v.Add(fragile{quiet}, sparse{quiet})
		time.Sleep(2 * time.Minute)
		if f := v.stepping.Faults(); f.Count > 0 {
			t.Errorf("%d steps ended early: %s", f.Count, f.Last)
		}
		v.inFlightSheet()
		v.cardinalitySheet(false)
		for _, words := range []string{"Requests of vitals.fragile panicked: no requests", "no trips", "no guards"} {
			if !strings.Contains(v.Report().String(), words) {
				t.Errorf("the report does not say %q:\n%s", words, v.Report())
			}
		}
	})
}
