package prometheus

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/govitals/govitals/deploy/internal/table"
)

// rule is a rule of rules.yml, as far as tests look at it.
type rule struct {
	alert, record, severity, summary, runbook, keep string
	expr                                            string
}

var (
	oneRule  = regexp.MustCompile(`(?m)^  - (alert|record): (\S+)\n((?:(?:    .*)?\n)+)`)
	oneField = func(name string) *regexp.Regexp { return regexp.MustCompile(`(?m)^ +` + name + `: (.+)$`) }
	exprOf   = regexp.MustCompile(`(?m)^    expr: (?:\|\n((?:      .*\n)+)|(.+)$)`)
)

// readRules knows the form of our file, not YAML.
func readRules(t *testing.T) (rules []rule) {
	t.Helper()
	text := read(t, "rules.yml")
	for _, match := range oneRule.FindAllStringSubmatch(text, -1) {
		field := func(name string) string {
			if found := oneField(name).FindStringSubmatch(match[3]); found != nil {
				return found[1]
			}
			return ""
		}
		r := rule{severity: field("severity"), summary: field("summary"), runbook: field("runbook_url"), keep: field("keep_firing_for")}
		if match[1] == "alert" {
			r.alert = match[2]
		} else {
			r.record = match[2]
		}
		expr := exprOf.FindStringSubmatch(match[3])
		if expr == nil {
			t.Fatalf("%s has no expr", match[2])
		}
		r.expr = expr[1] + expr[2]
		rules = append(rules, r)
	}
	if want := strings.Count(text, "\n  - alert: ") + strings.Count(text, "\n  - record: "); len(rules) != want || want == 0 {
		t.Fatalf("read %d rules of %d", len(rules), want)
	}
	return rules
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What an expression may name besides metrics of ours: what Prometheus adds to each
// scrape.
var foreign = []string{"up", "scrape_samples_scraped"}

// Labels that the target or the person who wrote prometheus.yml gives.
var targetLabels = []string{"job", "instance", "cluster", "namespace", "track"}

var (
	aName    = regexp.MustCompile(`\b(govitals[_:][a-z0-9_:]+|up|scrape_samples_scraped)(?:\{([^}]*)\})?`)
	aMatcher = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)`)
)

func TestRulesNameMetricsThatExist(t *testing.T) {
	t.Parallel()
	labels := known(t)
	rules := readRules(t)
	for _, r := range rules {
		if r.record != "" {
			labels[r.record] = append(slices.Clone(targetLabels), "signal", "cause", "route", "outcome")
		}
	}
	for _, r := range rules {
		for _, use := range aName.FindAllStringSubmatch(r.expr, -1) {
			have, found := labels[use[1]]
			if !found {
				t.Errorf("%s%s: %s is neither in docs/METRICS.md nor recorded here", r.alert, r.record, use[1])
			}
			for _, matcher := range aMatcher.FindAllStringSubmatch(use[2], -1) {
				if found && !slices.Contains(have, matcher[1]) {
					t.Errorf("%s%s: %s has no label %s", r.alert, r.record, use[1], matcher[1])
				}
			}
		}
	}
}

// known maps each series to the labels that it can have.
func known(t *testing.T) map[string][]string {
	t.Helper()
	metrics, err := table.Read("../../docs/METRICS.md")
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string][]string{}
	for _, m := range metrics {
		for _, name := range append(m.Series(), m.Name) { // the plain name is the native histogram
			labels[name] = slices.Concat(m.Labels, targetLabels, []string{"le"})
		}
	}
	for _, name := range foreign {
		labels[name] = targetLabels
	}
	return labels
}

func TestAlertsTellAPersonWhatToDo(t *testing.T) {
	t.Parallel()
	headings := anchors(read(t, "../../docs/RUNBOOK.md"))
	const prefix = "https://github.com/govitals/govitals/blob/main/docs/RUNBOOK.md#"
	for _, r := range readRules(t) {
		if r.alert == "" {
			continue
		}
		if !slices.Contains([]string{"critical", "warning", "info"}, r.severity) {
			t.Errorf("%s: severity is %q: use critical, warning or info", r.alert, r.severity)
		}
		if words := len(strings.Fields(r.summary)); words < 6 || !strings.Contains(r.summary, "{{ $labels.") {
			t.Errorf("%s: the summary has %d words and must say which instance, job or signal: %s", r.alert, words, r.summary)
		}
		if anchor, found := strings.CutPrefix(r.runbook, prefix); !found || !slices.Contains(headings, anchor) {
			t.Errorf("%s: runbook_url is %q: there is no such heading in docs/RUNBOOK.md, which has %v", r.alert, r.runbook, headings)
		}
	}
}

// anchors are the headings as GitHub links them.
func anchors(text string) (names []string) {
	for line := range strings.Lines(text) {
		if heading, found := strings.CutPrefix(line, "## "); found {
			name := strings.ToLower(strings.TrimSpace(heading))
			name = regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(name, "")
			names = append(names, strings.ReplaceAll(name, " ", "-"))
		}
	}
	return names
}

// Every alert must be seen to fire, to stay silent beside that, and to bear targets
// without any figure of ours.
func TestEveryAlertIsTested(t *testing.T) {
	t.Parallel()
	tests := read(t, "rules_test.yml") + read(t, "rules_days_test.yml")
	for _, r := range readRules(t) {
		if r.alert == "" {
			continue
		}
		fires := regexp.MustCompile(`alertname: ` + r.alert + `\n    exp_alerts:\n    - exp_labels`)
		silent := regexp.MustCompile(`alertname: ` + r.alert + `, exp_alerts: \[\]`)
		if !fires.MatchString(tests) {
			t.Errorf("no test sees %s fire", r.alert)
		}
		if n := len(silent.FindAllString(tests, -1)); n < 2 {
			t.Errorf("%d tests have %s silent, want one in each file where no figures are", n, r.alert)
		}
	}
}

// What is compared with half a day ago is absent for one evaluation if that one was missed
// then. Prometheus 3 does not look back for exactly the time between two of them.
func TestAlertsOfDaysOutliveAMissedEvaluation(t *testing.T) {
	t.Parallel()
	for _, r := range readRules(t) {
		if r.alert != "" && strings.Contains(r.expr, "steady_growth") && r.keep == "" {
			t.Errorf("%s has no keep_firing_for", r.alert)
		}
	}
}

func TestPromtoolTests(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "rules", "rules.yml")
	promtool(t, "test", "rules", "rules_test.yml")
}

func TestPromtoolTestsOfDays(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("plays four days of figures")
	}
	promtool(t, "test", "rules", "rules_days_test.yml")
}
