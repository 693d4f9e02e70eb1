package promvitals_test

import (
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/govitals/govitals/export/promvitals"
)

func ExampleCollector() {
	mail := &queue{name: "mail"} // any metric.Source
	mail.len.Store(12)

	registry := prometheus.NewRegistry()
	registry.MustRegister(promvitals.Collector(mail))

	response := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(response, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(response.Body.String()) {
		if strings.Contains(line, "queue_depth") {
			fmt.Print(line)
		}
	}
	// Output:
	// # HELP govitals_queue_depth Items waiting.
	// # TYPE govitals_queue_depth gauge
	// govitals_queue_depth{queue="mail"} 12
}
