// Package fleet proves what deploy/ ships on running processes: examples/service with
// and without a leak, a real Prometheus that scrapes them, the shipped rules, every
// query of the shipped dashboard, and the command govitals compare. And it sends the
// figures by OTLP, to a sink of its own and to a real Prometheus.
//
//	GOVITALS_PROMETHEUS=$(bash .ci/prometheus.sh)/prometheus
//	export GOVITALS_PROMETHEUS
//	cd e2e && go test ./fleet
//
// The Prometheus of that script takes no OTLP, which skips one test. That of
// .ci/prometheus-otlp.sh does.
//
// # Cost
//
// Half a minute, and the time to build the programs.
//
// # What it cannot see
//
// Whether Grafana draws the panels well: it is not run. The shipped rules at their own
// pace: here their times are divided by 1,500, and a canary has to grow faster. deploy/prometheus plays whole
// weeks to them, of figures that are made up.
package fleet
