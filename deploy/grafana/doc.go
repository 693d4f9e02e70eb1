// Grafana writes dashboard.json, a dashboard for Grafana over the figures of govitals
// in Prometheus:
//
//	go generate ./deploy/...    # after a change here or of a metric
//
// Import the file in Grafana (Dashboards, New, Import) and choose the data source.
// Units and descriptions come from docs/METRICS.md, which is generated from the
// declarations of the metrics. A metric that no panel here shows gets one of its own
// in the last row, so none is missing.
//
// # Cost
//
// All rows but the first are closed, and Grafana asks for the figures of a row when
// it is opened.
//
// # What it cannot see
//
// Whether Grafana draws what is meant: no Grafana runs in the tests. They check the
// form with Grafana's own schema (check/run.sh, where npm is), and e2e/fleet asks a
// real Prometheus every query of every panel. Where figures come by OTLP, three panels
// lack a line: GOGC, the goal of the heap and the bytes allocated have the names of
// OpenTelemetry's conventions there (docs/METRICS.md), and no scrape is counted.
package main

//go:generate go run . -metrics ../../docs/METRICS.md -o dashboard.json
