package promvitals_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/govitals/govitals/export/promvitals"
	"github.com/govitals/govitals/internal/conform"
	"github.com/govitals/govitals/metric"
)

func TestConform(t *testing.T) {
	conform.Exporter(t, func(t *testing.T, sources ...metric.Source) func() []conform.Series {
		server := serve(t, promvitals.Collector(sources...))
		return func() []conform.Series { return parse(t, scrape(t, server, "")) }
	})
}

// serve exposes the collectors as a service does.
func serve(t *testing.T, collectors ...prometheus.Collector) *httptest.Server {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	for _, c := range collectors {
		if err := registry.Register(c); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	t.Cleanup(server.Close)
	return server
}

// scrape returns the body of a scrape with the Accept header; it has to succeed.
func scrape(t *testing.T, server *httptest.Server, accept string) string {
	t.Helper()
	status, body := get(t, server, accept)
	if status != http.StatusOK {
		t.Fatalf("scrape: status %d: %s", status, body)
	}
	return body
}

func get(t *testing.T, server *httptest.Server, accept string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if accept != "" {
		request.Header.Set("Accept", accept)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// parse reads the text exposition as a server does.
func parse(t *testing.T, text string) []conform.Series {
	t.Helper()
	var all []conform.Series
	for _, family := range decode(t, text, expfmt.TypeTextPlain) {
		for _, m := range family.Metric {
			all = append(all, neutral(family, m))
		}
	}
	return all
}

// decode reads an exposition. A decoder takes any version of package expfmt, whose text
// parser alone is made in another way since 0.66.
func decode(t *testing.T, body string, format expfmt.FormatType) map[string]*dto.MetricFamily {
	t.Helper()
	decoder := expfmt.NewDecoder(strings.NewReader(body), expfmt.NewFormat(format))
	families := make(map[string]*dto.MetricFamily)
	for {
		family := new(dto.MetricFamily)
		switch err := decoder.Decode(family); {
		case errors.Is(err, io.EOF):
			return families
		case err != nil:
			t.Fatalf("%v in\n%s", err, body)
		}
		families[family.GetName()] = family
	}
}

func neutral(family *dto.MetricFamily, m *dto.Metric) conform.Series {
	s := conform.Series{
		Name: family.GetName(), Help: family.GetHelp(), Unit: conform.NoUnit,
		Kind:   strings.ToLower(family.GetType().String()),
		Labels: make(map[string]string),
		Value:  m.GetGauge().GetValue() + m.GetCounter().GetValue(), // one of them is nil
	}
	for _, label := range m.Label {
		s.Labels[label.GetName()] = label.GetValue()
	}
	if h := m.GetHistogram(); h != nil {
		s.Count, s.Sum, s.Buckets = h.GetSampleCount(), h.GetSampleSum(), make(map[float64]uint64)
		for _, bucket := range h.Bucket[:len(h.Bucket)-1] { // the text has +Inf, too
			s.Buckets[bucket.GetUpperBound()] = bucket.GetCumulativeCount()
		}
	}
	return s
}
