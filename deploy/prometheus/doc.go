// Package prometheus holds the alert and recording rules for the figures of
// govitals, rules.yml, and the tests of them. It has no code for users:
//
//	rule_files: [rules.yml]            # in prometheus.yml
//	promtool test rules rules_test.yml # after a change
//	go test ./deploy/prometheus        # that, and weeks of made-up figures
//
// # Cost
//
// The group for growth reads two days of each govitals_signal_value every five
// minutes; all other rules read minutes or a few series.
//
// # What it cannot see
//
// A leak in the figures of a process that lives for less than 33 hours each time, on
// every day of the week: there the process itself has to say it (GovitalsLeak, with
// its trends kept over restarts). A cache that fills as straight as a leak, and two
// steps up within a day and a half: they look like growth. Growth of less than 5 MB,
// 1 % or 200 goroutines a day. Anything in the first three days after a start, but for
// what the process says and a canary beside a stable version shows.
//
// That the kernel killed a container as a whole: its next life is in another control
// group, which begins to count at 0. A process that stands still for good: it answers
// no scrape, so alert on up == 0 too. That series have exploded, half a day after it:
// the median has followed.
//
// Of a process that sends its figures by OTLP and is not scraped: that they stop
// (GovitalsNoFigures), that a stable side is missing (GovitalsCanaryAlone), and how many
// series it has in all (GovitalsSeriesExplode, GovitalsCanarySeries). These rest on what
// Prometheus says of a scrape.
package prometheus
