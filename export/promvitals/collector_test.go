package promvitals_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/govitals/govitals/export/promvitals"
	"github.com/govitals/govitals/metric"
)

func TestNilSourceIsRefusedAtStartUp(t *testing.T) {
	defer func() {
		want := "promvitals: source 2 of 2 is nil: pass a metric.Source or leave it out"
		if got := fmt.Sprint(recover()); got != want {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	promvitals.Collector(new(queue), nil)
}

func TestMetricsThatComeAfterRegistration(t *testing.T) {
	source := listOf()
	server := serve(t, promvitals.Collector(source)) // pedantic
	source.samples.Store(&[]metric.Sample{{Desc: depth, LabelValues: []string{"mail"}, Value: 3}})
	if text, want := scrape(t, server, ""), "govitals_queue_depth{queue=\"mail\"} 3\n"; !strings.Contains(text, want) {
		t.Errorf("%q is missing in\n%s", want, text)
	}
}

func TestTwoCollectorsInOneRegistry(t *testing.T) {
	server := serve(t, promvitals.Collector(&queue{name: "a"}), promvitals.Collector(&queue{name: "b"}))
	text := scrape(t, server, "")
	for _, want := range []string{`govitals_queue_depth{queue="a"} 0`, `govitals_queue_depth{queue="b"} 0`} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

// The price of being unchecked, as the package documentation tells it.
func TestRegisteredTwiceShowsAtTheScrape(t *testing.T) {
	registry, collector := prometheus.NewRegistry(), promvitals.Collector(&queue{name: "a"})
	other := prometheus.NewGauge(prometheus.GaugeOpts{Name: "other", Help: "Another."})
	registry.MustRegister(collector, collector, other)

	strict := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer strict.Close()
	status, text := get(t, strict, "")
	if status != http.StatusInternalServerError || !strings.Contains(text, "was collected before with the same name and label values") {
		t.Errorf("status %d, want 500 and the reason, got %s", status, text)
	}
	lenient := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	defer lenient.Close()
	text = scrape(t, lenient, "")
	if strings.Count(text, "govitals_queue_depth{") != 1 || !strings.Contains(text, "other 0") {
		t.Errorf("ContinueOnError: want each series once, got\n%s", text)
	}
}

func TestUnregisterDoesNotFindIt(t *testing.T) {
	registry, collector := prometheus.NewRegistry(), promvitals.Collector(new(queue))
	registry.MustRegister(collector)
	if registry.Unregister(collector) {
		t.Error("Unregister found an unchecked collector: the package documentation says it does not")
	}
}

func TestWrappedRegisterer(t *testing.T) {
	registry := prometheus.NewRegistry()
	wrapped := prometheus.WrapRegistererWith(prometheus.Labels{"pod": "p1"}, registry)
	wrapped.MustRegister(promvitals.Collector(&queue{name: "a"}))
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer server.Close()
	for range 2 { // labels are cached, wrapping must not grow them
		text := scrape(t, server, "")
		if want := `govitals_queue_depth{pod="p1",queue="a"} 0`; !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestPromlintFindsNothing(t *testing.T) {
	var samples []metric.Sample
	for i, unit := range []string{"By", "s", "1", "%", "{item}", "By/s", "{item}/h"} {
		for _, kind := range []metric.Kind{metric.KindGauge, metric.KindUpDownCounter, metric.KindCounter, metric.KindHistogram} {
			sample := metric.Sample{Desc: desc(fmt.Sprintf("lint.%s_u%d", kindWord(kind), i), unit, kind, "name"), LabelValues: []string{"x"}}
			if kind == metric.KindHistogram {
				sample.Histogram = &metric.Histogram{Schema: 4, Counts: []uint64{1}, Sum: 1}
			}
			samples = append(samples, sample)
		}
	}
	text := scrape(t, serve(t, promvitals.Collector(listOf(samples...))), "")
	if got, want := strings.Count(text, "# TYPE"), len(samples)+1; got != want {
		t.Errorf("%d metrics were sent, want %d", got, want)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}
}

// kindWord avoids the names of types, which promlint does not like in a name.
func kindWord(k metric.Kind) string { return string("guch"[k]) + "x" }

func TestConcurrentScrapes(t *testing.T) {
	q := &queue{name: "a"}
	server := serve(t, promvitals.Collector(q, listOf(metric.Sample{Desc: desc("test.age", "s", metric.KindGauge), Value: 1})))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				q.len.Add(1)
				if _, text := get(t, server, ""); !strings.Contains(text, "govitals_test_age_seconds 1\n") {
					t.Errorf("incomplete scrape:\n%s", text)
					return
				}
			}
		})
	}
	wg.Wait()
	if text := scrape(t, server, ""); !strings.Contains(text, "govitals_queue_depth{queue=\"a\"} 160\n") {
		t.Errorf("want the current depth 160, got\n%s", text)
	}
}

func TestImportRegistersDebugVars(t *testing.T) {
	request := httptest.NewRequest(http.MethodGet, "/debug/vars", nil)
	if _, pattern := http.DefaultServeMux.Handler(request); pattern == "" {
		t.Error("client_golang no longer registers /debug/vars: drop the warning from the package documentation")
	}
}
