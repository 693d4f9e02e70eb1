package main

import (
	"fmt"
	"strings"
)

// row is a heading with panels below it.
type row struct {
	title  string
	open   bool
	panels []panel
}

// panel shows queries whose values have one unit.
type panel struct {
	title string
	// about goes before what the table of metrics says.
	about string
	// unit is one of Grafana, only where no metric of the table gives it.
	unit    string
	isTable bool
	stacked bool
	queries []query
}

// query is one expression.
type query struct {
	metric string // whose unit and description it has; empty for one that is not in the table
	expr   string
	legend string
	isRate bool
}

// chosen limits a query to what was chosen at the top of the page.
const chosen = `job=~"$job", instance=~"$instance"`

func selector(metric string, matchers []string) string {
	return metric + "{" + strings.Join(append([]string{chosen}, matchers...), ", ") + "}"
}

// legend names the instance and the labels.
func legend(labels []string) string {
	parts := []string{"{{instance}}"}
	for _, label := range labels {
		parts = append(parts, "{{"+label+"}}")
	}
	return strings.Join(parts, " ")
}

// now shows values as they are. labels tell them apart.
func now(metric string, labels ...string) query {
	return query{metric: metric, expr: selector(metric, nil), legend: legend(labels)}
}

// where shows values of some series.
func where(metric, matcher string, labels ...string) query {
	return query{metric: metric, expr: selector(metric, []string{matcher}), legend: legend(labels)}
}

// as gives the query a name in the legend, where a panel shows several.
func (q query) as(name string) query {
	q.legend += " " + name
	return q
}

// since shows for how long a time has passed.
func (q query) since() query {
	q.expr = "time() - " + q.expr
	return q.as("ago")
}

// target are the labels that tell targets apart, those of rules.yml: two clusters may
// have an instance of the same name.
func target() []string { return []string{"cluster", "namespace", "job", "instance"} }

// rate shows how fast a counter rises. The rate comes first and the sum second: a sum
// of counters falls when one instance restarts.
func rate(metric string, labels ...string) query {
	by := strings.Join(append(target(), labels...), ", ")
	return query{
		metric: metric, isRate: true, legend: legend(labels),
		expr: fmt.Sprintf("sum by (%s) (rate(%s[$__rate_interval]))", by, selector(metric, nil)),
	}
}

// quantile shows one of a histogram, from classic buckets or, where a server keeps
// these alone, native ones.
func quantile(percent int, metric string, labels ...string) query {
	by, q := strings.Join(append(target(), labels...), ", "), float64(percent)/100
	return query{metric: metric, legend: fmt.Sprintf("%s p%d", legend(labels), percent), expr: fmt.Sprintf(
		"histogram_quantile(%g, sum by (%s, le) (rate(%s[$__rate_interval]))) or histogram_quantile(%g, sum by (%s) (rate(%s[$__rate_interval])))",
		q, by, selector(metric+"_bucket", nil), q, by, selector(metric, nil))}
}

// recorded shows a series of deploy/prometheus/rules.yml.
func recorded(expr, legend string) query { return query{expr: expr, legend: legend} }
