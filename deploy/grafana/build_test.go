package main

import (
	"strings"
	"testing"

	"github.com/govitals/govitals/deploy/internal/table"
)

var few = []table.Metric{
	{Name: "govitals_a_bytes", Help: "A.", Action: "Do A.", Kind: "gauge", Unit: "By", OTelName: "govitals.a"},
	{Name: "govitals_b_seconds", Help: "B.", Action: "Do B.", Kind: "histogram", Unit: "s", Labels: []string{"job"}, OTelName: "govitals.b"},
	{Name: "govitals_c_timestamp_seconds", Help: "C.", Action: "Do C.", Kind: "gauge", Unit: "s", OTelName: "govitals.c"},
}

func TestMetricsThatNoRowShowsGetAPanel(t *testing.T) {
	t.Parallel()
	d, err := build(few, []row{{title: "one", open: true, panels: []panel{{title: "a", queries: []query{now("govitals_a_bytes")}}}}})
	if err != nil {
		t.Fatal(err)
	}
	last := d.Panels[len(d.Panels)-1].(rowModel)
	if len(last.Panels) != 2 || last.Panels[0].Title != "B" {
		t.Fatalf("the last row has %+v, want panels for b and c", last.Panels)
	}
	if got := last.Panels[0].Targets[0].LegendFormat; !strings.Contains(got, "{{exported_job}}") {
		t.Errorf("the legend is %q: Prometheus renames a label job", got)
	}
	if got := last.Panels[1].Targets[0].Expr; !strings.HasPrefix(got, "time() - govitals_c_timestamp_seconds") {
		t.Errorf("a time is shown as %q, want how long ago it was", got)
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]panel{
		"not in the table": {queries: []query{now("govitals_x")}},
		"use two panels":   {queries: []query{now("govitals_a_bytes"), now("govitals_c_timestamp_seconds")}},
		"no unit":          {queries: []query{recorded("up", "")}},
	} {
		if _, err := build(few, []row{{panels: []panel{p}}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("build of %+v: %v, want an error with %q", p, err, want)
		}
	}
}

func TestQueriesTellClustersAndQuantilesApart(t *testing.T) {
	t.Parallel()
	for want, q := range map[string]query{" p50": quantile(50, "m"), " p99": quantile(99, "m"), "{{instance}}": rate("m")} {
		if !strings.HasSuffix(q.legend, want) || !strings.Contains(q.expr, "by (cluster, namespace, job, instance") {
			t.Errorf("the legend of %s is %q, want %q at its end, and one line for each target", q.expr, q.legend, want)
		}
	}
}
