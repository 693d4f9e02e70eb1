package fleet

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/promtest"
)

// Three namespaces, each with a canary and a stable instance. One canary leaks memory, one
// series, and one is well.
func TestFleet(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	service, command := buildProgram(t, "examples/service"), buildProgram(t, "cmd/govitals")
	began := time.Now()
	said := func(what string) { t.Logf("%4.1f s: %s", time.Since(began).Seconds(), what) }
	// Both sides of a pair have the same traffic, as in a fleet.
	stable := startService(t, service, "-rate=200")
	busyStable := startService(t, service, "-rate=500")
	series := startService(t, service, "-rate=200", "-leak=series")
	targets := slices.Concat(
		pair("memory", startService(t, service, "-rate=500", "-leak=heap"), busyStable),
		pair("series", series, stable),
		pair("well", startService(t, service, "-rate=200"), stable),
		[]promtest.Target{{Address: serveParts(t), Labels: map[string]string{"namespace": "parts"}}},
	)
	server := promtest.Run(t, promtest.Config{Targets: targets, Rules: derive(shippedRules(t))})

	said("Prometheus is ready")
	server.Eventually(`ALERTS{alertname="GovitalsCanarySeries", alertstate="firing", namespace="series"}`)
	server.Eventually(`ALERTS{alertname="GovitalsCanaryGrows", alertstate="firing", namespace="memory"}`)
	said("both alerts fire")
	if wrong := server.Query(`ALERTS{alertname=~"GovitalsCanary(Grows|Series)", alertstate="firing", namespace="well"}`); len(wrong) > 0 {
		t.Errorf("alerts fire for a canary that is well: %v", slices.Collect(maps.Keys(wrong)))
	}
	askEveryPanel(t, server)
	said("every panel was asked")
	compareCanaries(t, server, command, series, stable)
	said("the canaries were compared")
}

// pair is the canary and the stable instance of a namespace.
func pair(namespace, canary, stable string) []promtest.Target {
	target := func(address, track string) promtest.Target {
		return promtest.Target{Address: address, Labels: map[string]string{"namespace": namespace, "track": track}}
	}
	return []promtest.Target{target(canary, "canary"), target(stable, "stable")}
}
