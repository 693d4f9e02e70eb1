package fleet

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/promtest"
)

// silent are the queries that have no result here, and why.
var silent = map[string]string{
	"govitals:signal_value:steady_growth_per_day":  "takes three days, or three minutes at this pace",
	"govitals:heap_live_bytes:life_growth_per_day": "takes 33 hours, or a minute and a half at this pace",
	"govitals_process_cpu_quota":                   "only where the control group has a quota",
	"govitals_heap_cgroup_stalled_seconds_total":   "only with control groups of version 2",
}

// query is one of the dashboard.
type query struct {
	row, panel, expr string
}

var variables = strings.NewReplacer("$__rate_interval", "5s", "$job", ".*", "$instance", ".*")

func queries(t *testing.T) (all []query) {
	t.Helper()
	text, err := os.ReadFile("../../deploy/grafana/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	type panel struct {
		Type, Title string
		Targets     []struct{ Expr string }
	}
	var dashboard struct {
		Panels []struct {
			panel
			Panels []panel
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	row := ""
	for _, p := range dashboard.Panels {
		if p.Type == "row" {
			row = p.Title
		}
		for _, inner := range append(p.Panels, p.panel) {
			for _, target := range inner.Targets {
				all = append(all, query{row, inner.Title, variables.Replace(target.Expr)})
			}
		}
	}
	return all
}

var metricName = regexp.MustCompile(`govitals[_:][a-z0-9_:]+`)

// askEveryPanel wants data for every query within a while. In the last row, which has
// a panel for each metric that no other shows, the metric may be missing from all
// targets.
func askEveryPanel(t *testing.T, server *promtest.Server) {
	t.Helper()
	all := queries(t)
	empty := all
	for deadline := time.Now().Add(patience); ; <-time.After(time.Second) {
		empty = slices.DeleteFunc(slices.Clone(empty), func(q query) bool { return hasData(server, q) })
		if time.Now().After(deadline) || !slices.ContainsFunc(empty, func(q query) bool { return mayBeSilent(server, q) == "" }) {
			break
		}
	}
	for _, q := range empty {
		if why := mayBeSilent(server, q); why != "" {
			t.Logf("no data for %q: %s", q.panel, why)
		} else {
			t.Errorf("no data for %q in %q: %s", q.panel, q.row, q.expr)
		}
	}
	t.Logf("%d of %d queries of the dashboard have data", len(all)-len(empty), len(all))
	if len(all) < 100 {
		t.Errorf("the dashboard has only %d queries", len(all))
	}
}

// patience is how long growth may take to be seen by the process that has it.
const patience = 20 * time.Second

// hasData looks at the last minute, as a graph does: what is there now and then is
// enough.
func hasData(server *promtest.Server, q query) bool {
	return len(server.Query("last_over_time(("+q.expr+")[1m:1s])")) > 0
}

func mayBeSilent(server *promtest.Server, q query) string {
	name := metricName.FindString(q.expr)
	if why := silent[name]; why != "" {
		return why
	}
	if q.row == "Everything else" && len(server.Query(`{__name__=~"`+name+`(_bucket)?"}`)) == 0 {
		return "no target exports " + name
	}
	return ""
}
