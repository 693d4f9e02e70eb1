package collect

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/govitals/govitals/metric"
)

// list is a source of fixed samples.
type list []metric.Sample

func listOf(samples ...metric.Sample) list { return samples }

func (l list) Describe() (descs []metric.Desc) {
	for _, s := range l {
		descs = append(descs, s.Desc)
	}
	return descs
}

func (l list) Collect(emit func(metric.Sample)) {
	for _, s := range l {
		emit(s)
	}
}

// function is a source that describes nothing and does anything.
type function func(emit func(metric.Sample))

func (f function) Describe() []metric.Desc          { panic("not described") }
func (f function) Collect(emit func(metric.Sample)) { f(emit) }

func counter(name string, labels ...string) metric.Desc {
	return metric.Desc{Name: name, Unit: "{item}", Kind: metric.KindCounter, Help: "Help.", Action: "Act.", Labels: labels}
}

func newSources(t testing.TB, sources ...metric.Source) *Sources {
	t.Helper()
	s, err := New("test", sources...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Sources) dropped(r Reason) uint64 { return s.drops.counts[r].Load() }

func TestDroppedIsValid(t *testing.T) {
	for _, s := range newSources(t).Drops() {
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
	}
	if Dropped.PrometheusName() != "govitals_export_dropped_total" {
		t.Errorf("the counter is called %s", Dropped.PrometheusName())
	}
}

func TestNilSourceIsAnError(t *testing.T) {
	_, err := New("otelvitals", nil)
	if want := "otelvitals: source 1 of 1 is nil: pass a metric.Source or leave it out"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestDescs(t *testing.T) {
	one, two, other := counter("a.one"), counter("a.two"), counter("a.two", "label")
	s := newSources(t, listOf(metric.Sample{Desc: one}, metric.Sample{Desc: counter("bad name")}),
		function(nil), listOf(metric.Sample{Desc: two}, metric.Sample{Desc: one}, metric.Sample{Desc: other}))
	var names []string
	for _, d := range s.Descs() {
		names = append(names, fmt.Sprint(d.Name, d.Labels))
	}
	if want := []string{"a.one[]", "a.two[]"}; !slices.Equal(names, want) {
		t.Errorf("declared %q, want the valid ones once: %q", names, want)
	}
}

func TestSourceThatKeepsEmit(t *testing.T) {
	var kept func(metric.Sample)
	s := newSources(t, function(func(emit func(metric.Sample)) { kept = emit }))
	samples := s.Samples()
	kept(metric.Sample{Desc: counter("a.one")})
	if len(samples) != 0 || s.dropped(Late) != 1 {
		t.Errorf("%d samples and %d late, want 0 and 1", len(samples), s.dropped(Late))
	}
}

func TestSourceThatEmitsFromManyGoroutines(t *testing.T) {
	s := newSources(t, function(func(emit func(metric.Sample)) {
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for j := range 50 {
					emit(metric.Sample{Desc: counter("a.one", "label"), LabelValues: []string{fmt.Sprint(i, j)}})
				}
			})
		}
		wg.Wait()
	}))
	if n := len(s.Samples()); n != 400 {
		t.Errorf("%d samples, want 400", n)
	}
}

func TestSourceThatReusesItsSlices(t *testing.T) {
	labels, values := []string{"label"}, []string{"first"}
	s := newSources(t, function(func(emit func(metric.Sample)) {
		emit(metric.Sample{Desc: counter("a.one", labels...), LabelValues: values})
		values[0] = "second"
		emit(metric.Sample{Desc: counter("a.one", labels...), LabelValues: values})
		labels[0] = "other"
	}))
	samples := s.Samples()
	if len(samples) != 2 || samples[0].LabelValues[0] != "first" || samples[0].Desc.Labels[0] != "label" {
		t.Errorf("samples changed after they were emitted: %+v", samples)
	}
}

func TestReservedName(t *testing.T) {
	s := newSources(t, listOf(metric.Sample{Desc: Dropped, LabelValues: []string{"test", "panic"}}))
	if n := len(s.Samples()); n != 0 || s.dropped(Conflict) != 1 {
		t.Errorf("%d samples and %d conflicts: a source must not speak for the exporter", n, s.dropped(Conflict))
	}
}

func TestBounds(t *testing.T) {
	names := 0
	s := newSources(t, function(func(emit func(metric.Sample)) {
		for range MaxMetrics { // new names at each scrape
			names++
			emit(metric.Sample{Desc: counter(fmt.Sprint("a.n", names))})
		}
	}), function(func(emit func(metric.Sample)) {
		for i := range MaxSamples {
			emit(metric.Sample{Desc: counter("a.n1", "label"), LabelValues: []string{fmt.Sprint(i)}})
		}
	}))
	for range 3 {
		s.Samples()
	}
	if len(s.table.descs) != MaxMetrics || s.dropped(Limit) != 2*MaxMetrics {
		t.Errorf("%d metrics known and %d dropped, want %d and %d",
			len(s.table.descs), s.dropped(Limit), MaxMetrics, 2*MaxMetrics)
	}
	many := newSources(t, function(func(emit func(metric.Sample)) {
		for i := range MaxSamples + 7 {
			emit(metric.Sample{Desc: counter("a.one", "label"), LabelValues: []string{fmt.Sprint(i)}})
		}
	}))
	if n := len(many.Samples()); n != MaxSamples || many.dropped(Limit) != 7 {
		t.Errorf("%d samples and %d over the limit, want %d and 7", n, many.dropped(Limit), MaxSamples)
	}
}

func TestConcurrentWalks(t *testing.T) {
	s := newSources(t, listOf(metric.Sample{Desc: counter("a.one")}, metric.Sample{Desc: counter("a.one")}))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if n := len(s.Samples()); n != 1 {
					t.Errorf("%d samples, want 1", n)
				}
			}
		})
	}
	wg.Wait()
	if n := s.dropped(Duplicate); n != 400 {
		t.Errorf("%d duplicates counted, want one for each of 400 walks", n)
	}
}

func TestWalksLeaveNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	s := newSources(t, function(func(func(metric.Sample)) { panic("no") }), function(func(func(metric.Sample)) { runtime.Goexit() }))
	for range 100 {
		s.Samples()
	}
	if after := runtime.NumGoroutine(); after > before+20 { // the runtime has some of its own
		t.Errorf("%d goroutines before and %d after 100 walks", before, after)
	}
}

func TestExportersHaveNamesOfTheirOwn(t *testing.T) {
	seen := make(map[string]bool)
	var alive []*Sources
	for range 5 {
		s, _ := New("named")
		alive = append(alive, s)
		name := s.Drops()[0].LabelValues[0]
		if seen[name] || !strings.HasPrefix(name, "named") {
			t.Errorf("name %q is there twice or strange", name)
		}
		seen[name] = true
	}
	runtime.KeepAlive(alive)
}

func TestNamesAreLentAgain(t *testing.T) {
	for n := range 1000 {
		s, _ := New("lent")
		if name := s.drops.name; n > 0 && name == "lent" {
			return
		}
		runtime.GC()
	}
	t.Error("1000 exporters came and went and the first name was never free again")
}
