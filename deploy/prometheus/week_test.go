package prometheus

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/govitals/govitals/internal/need"
)

const mb = 1e6

// input is one series of a made-up week.
type input struct {
	series string
	values string
}

// signal is a watched signal of a process that is called instance.
func signal(name, instance string, scale float64, c curve) input {
	return input{
		series: fmt.Sprintf("govitals_signal_value{job=\"app\", instance=%q, signal=%q}", instance, name),
		values: c.values(scale),
	}
}

// service is 300 MB with the traffic of a day, and what is added.
func service(seed uint64, more ...curve) curve {
	return flat(300).plus(append(more, sine(30), noise(seed, 5))...)
}

func TestMemoryGrows(t *testing.T) {
	t.Parallel()
	inputs := []input{
		signal("heap", "leak of 18 MB a day", mb, service(1, leak(18))),
		signal("heap", "leak of 1 MB an hour", mb, service(2, leak(24))),
		signal("rss", "leak outside of Go", mb, service(3, leak(18))),
		signal("heap", "step on day 3", mb, service(4, step(40, 3))),
		signal("heap", "two steps", mb, service(5, step(40, 2.5), step(40, 4.2))),
		signal("heap", "cache that fills in hours", mb, service(6, filling(200, 0.25))),
		signal("heap", "cache that fills in days", mb, service(7, filling(200, 1))),
		signal("heap", "sawtooth", mb, service(8, sawtooth(100, 60))),
		signal("heap", "restarts", mb, service(9, filling(100, 0.1)).restarted(1)),
		signal("heap", "weekend", mb, flat(300).plus(weekend(30), sine(30), noise(10, 5))),
		signal("heap", "shrinks", mb, service(11, leak(-10))),
		signal("heap", "large", 30*mb, service(12)),
	}
	for seed := range uint64(4) {
		inputs = append(inputs, signal("heap", fmt.Sprint("healthy ", seed), mb, service(100+seed)))
	}
	fires(t, "GovitalsMemoryGrows", inputs, "instance", "leak of 1 MB an hour", "leak of 18 MB a day", "leak outside of Go")
}

func TestCountsGrow(t *testing.T) {
	t.Parallel()
	busy := func(seed uint64, more ...curve) curve {
		return flat(200).plus(append(more, sine(50), noise(seed, 10))...)
	}
	inputs := []input{
		signal("goroutines", "one a minute", 1, busy(1, leak(day))),
		signal("goroutines", "healthy", 1, busy(2)),
		signal("goroutines", "larger pool", 1, busy(3, step(500, 3))),
	}
	fires(t, "GovitalsGoroutinesGrow", inputs, "instance", "one a minute")
}

// lives are processes of one job, one after the other, of so many days each. Each
// starts some megabytes above the one before.
func lives(job string, days, more float64, leak curve) (inputs []input) {
	for n := 0; float64(n)*days < float64(week)/day; n++ {
		from := float64(n) * days
		to := from + days
		labels := fmt.Sprintf("{job=%q, instance=\"pod-%d\"}", job, n)
		level := flat(300+more*float64(n)).plus(filling(50, 0.02), leak).during(from, to)
		inputs = append(inputs,
			input{"govitals_heap_live_bytes" + labels, level.plus(sine(30), noise(uint64(n), 5)).values(mb)},
			input{"govitals_heap_allocated_bytes_total" + labels, curve(func(m float64) float64 { return m }).during(from, to).values(mb)})
	}
	return inputs
}

// Deploys every other day: the floor of a pod is never compared with that of the
// next, which may hold more for a good reason.
func TestDeploysDoNotHideGrowth(t *testing.T) {
	t.Parallel()
	inputs := slices.Concat(
		lives("leaky", 2, 0, leak(18)),
		lives("healthy", 2, 0, flat(0)),
		lives("each version larger", 2, 40, flat(0)),
		lives("grew once in mid-life", 4, 0, step(40, 2.5)),
		lives("lives too short", 1, 0, leak(18)),
	)
	fires(t, "GovitalsDeploysHideGrowth", inputs, "job", "leaky")
}

// fires says which values of a label the alert fired for at any time of the week,
// with promtool, which evaluates the rules every half hour.
func fires(t *testing.T, alert string, inputs []input, label string, want ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("plays a week of figures")
	}
	expression := fmt.Sprintf("group by (%s) (last_over_time(ALERTS{alertname=%q, alertstate=\"firing\"}[8d]))", label, alert)
	var b strings.Builder
	fmt.Fprintf(&b, "rule_files: [%q]\nevaluation_interval: 30m\ntests:\n- interval: %dm\n  input_series:\n", absolute(t, "rules.yml"), every)
	for _, in := range inputs {
		fmt.Fprintf(&b, "  - series: '%s'\n    values: '%s'\n", in.series, in.values)
	}
	fmt.Fprintf(&b, "  promql_expr_test:\n  - expr: %s\n    eval_time: %dm\n    exp_samples:\n", expression, week-every)
	for _, value := range want {
		fmt.Fprintf(&b, "    - {labels: '{%s=%q}', value: 1}\n", label, value)
	}
	file := filepath.Join(t.TempDir(), "week.yml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "test", "rules", file)
}

func absolute(t *testing.T, file string) string {
	t.Helper()
	path, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// promtool fails the test with what the command says.
func promtool(t *testing.T, arguments ...string) {
	t.Helper()
	output, err := exec.Command(need.Promtool(t), arguments...).CombinedOutput()
	if err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
}
