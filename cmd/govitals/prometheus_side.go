package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/internal/compare"
	"github.com/govitals/govitals/internal/text"
)

const (
	// steps is how many points there are in a window, scrapes how many scrapes each
	// is made of at least: a rate of two samples would be one difference.
	steps   = 64
	scrapes = 4
	// promWarmUp is the age before which a process that began within the window is
	// not compared, unless the user says another.
	promWarmUp = 10 * time.Minute
	// suspects is how many metrics have their labels counted, and maxLabels how many
	// labels of each.
	suspects, maxLabels = 3, 12
)

// asking gathers one side. A side is the average of its processes.
type asking struct {
	*server
	labels   string // the inside of the selector
	from, to time.Time
	step     time.Duration
}

// fromPrometheus reads both sides out of the same stretch of time.
func (f *compareFlags) fromPrometheus(ctx context.Context) (canary, stable compare.Side, err error) {
	s, err := newServer(f.prometheus, f.tokenFile)
	if err != nil {
		return canary, stable, err
	}
	to := time.Now()
	a := &asking{server: s, labels: f.canary, from: to.Add(-f.window), to: to}
	b := &asking{server: s, labels: f.stable, from: a.from, to: to}
	if canary, err = a.side(ctx, f.warmUp); err != nil {
		return canary, stable, fmt.Errorf("%s: %w", a.name(), err)
	}
	if stable, err = b.side(ctx, f.warmUp); err != nil {
		return canary, stable, fmt.Errorf("%s: %w", b.name(), err)
	}
	if err := apart(ctx, a, b); err != nil {
		return canary, stable, err
	}
	canary.Labels, stable.Labels, err = metrics(ctx, a, b)
	return canary, stable, err
}

func (a *asking) name() string { return text.Clean("{"+a.labels+"}", maxSaid) }

// apart refuses sides that share targets, which would be compared with themselves.
func apart(ctx context.Context, canary, stable *asking) error {
	rows, err := canary.instant(ctx, fmt.Sprintf("count(up{%s} and up{%s})", canary.labels, stable.labels), canary.to)
	if err != nil {
		return err
	}
	if n, _ := single(rows); n > 0 {
		return fmt.Errorf(`-canary and -stable have %s in common: give labels that tell the two sides apart, such as track!="canary"`, text.Count(int(n), "target"))
	}
	return nil
}

// side asks for one side.
func (a *asking) side(ctx context.Context, warmUp time.Duration) (side compare.Side, err error) {
	if err := a.pace(ctx); err != nil {
		return side, err
	}
	side = compare.Side{Name: a.name(), HasFigures: true, ByClock: true}
	columns := map[string]map[int64]float64{}
	for _, c := range a.columns() {
		for i, expression := range c.expressions {
			rows, err := a.over(ctx, expression, a.from.Add(a.step), a.to, a.step)
			if i > 0 && errors.As(err, new(*promError)) {
				break // not every server knows native histograms
			}
			if err != nil {
				return side, err
			}
			if len(rows) == 1 && len(rows[0].values) > 0 {
				columns[c.name] = rows[0].values
				break
			}
		}
	}
	side.HasRequests = len(columns["requests"]) > 0
	side.Points = a.points(columns)
	if len(side.Points) == 0 {
		return side, errors.New("Prometheus has none of the figures of govitals under these labels: is the process scraped, with promvitals.Collector registered?")
	}
	side.Series = side.Points[len(side.Points)-1].Series
	return side, a.age(ctx, &side, warmUp)
}

// pace finds out how often the processes are scraped, and with it the step.
func (a *asking) pace(ctx context.Context) error {
	rows, err := a.instant(ctx, fmt.Sprintf("max(count_over_time(up{%s}[%s]))", a.labels, a.span()), a.to)
	if err != nil {
		return err
	}
	scraped, ok := single(rows)
	if !ok || scraped < 1 {
		return errors.New("nothing was scraped under these labels in the window: look at up{…} in Prometheus")
	}
	fine := max(a.to.Sub(a.from)/1000, time.Second).Round(time.Millisecond)
	present, err := a.instant(ctx, fmt.Sprintf("max(count_over_time(up{%s}[%s:%dms]))", a.labels, a.span(), fine.Milliseconds()), a.to)
	if err != nil {
		return err
	}
	seconds := a.to.Sub(a.from).Seconds()
	if n, ok := single(present); ok { // a young process was not scraped for all of it
		seconds = n * fine.Seconds()
	}
	interval := time.Duration(seconds / scraped * float64(time.Second))
	a.step = max(a.to.Sub(a.from)/steps, scrapes*interval, time.Second).Round(time.Millisecond)
	return nil
}

func (a *asking) span() string { return fmt.Sprintf("%dms", a.to.Sub(a.from).Milliseconds()) }

// column is a figure with expressions for it, of which the first that is there counts.
type column struct {
	name        string
	expressions []string
}

func (a *asking) columns() []column {
	r := fmt.Sprintf("%dms", a.step.Milliseconds())
	each := func(expression, metric string, matchers ...string) string {
		return fmt.Sprintf(expression, metric+"{"+strings.Join(append([]string{a.labels}, matchers...), ",")+"}["+r+"]")
	}
	count := fmt.Sprintf(" / count(up{%s} == 1)", a.labels)
	noHealth := `route!="(health)"`
	// From classic buckets or, where a server keeps these alone, native ones.
	ended := func(matchers ...string) []string {
		return []string{
			each("sum(rate(%s))", "govitals_inflight_duration_seconds_count", matchers...) + count,
			each("histogram_count(sum(rate(%s)))", "govitals_inflight_duration_seconds", matchers...) + count,
		}
	}
	all := []column{
		{"cpu", []string{each("avg(rate(%s))", "govitals_process_cpu_seconds_total"), each("avg(rate(%s))", "process_cpu_seconds_total")}},
		{"collections", []string{each("avg(rate(%s))", "govitals_heap_cycles_total")}},
		{"requests", ended(noHealth)},
		{"failed", ended(noHealth, `outcome=~"error|panic"`)},
		{"live", []string{each("avg(min_over_time(%s))", "govitals_heap_live_bytes")}},
		{"rss", []string{each("avg(min_over_time(%s))", "govitals_heap_rss_bytes"), each("avg(min_over_time(%s))", "process_resident_memory_bytes")}},
		{"goroutines", []string{each("avg(min_over_time(%s))", "govitals_signal_value", `signal="goroutines"`), each("avg(min_over_time(%s))", "go_goroutines")}},
		{"series", []string{each("avg(min_over_time(%s) > 0)", "scrape_samples_scraped")}}, // 0 is a scrape that failed
	}
	for _, q := range []string{"50", "90", "99"} {
		all = append(all, column{"p" + q, []string{
			each("histogram_quantile(0."+q+", sum by (le) (rate(%s)))", "govitals_inflight_duration_seconds_bucket", noHealth),
			each("histogram_quantile(0."+q+", sum(rate(%s)))", "govitals_inflight_duration_seconds", noHealth),
		}})
	}
	return all
}

// points puts columns side by side. Rates become totals, as processes count them.
func (a *asking) points(columns map[string]map[int64]float64) (points []compare.Point) {
	times := map[int64]bool{}
	for _, column := range columns {
		for at := range column {
			times[at] = true
		}
	}
	var sum compare.Point
	for _, at := range slices.Sorted(maps.Keys(times)) {
		step := a.step.Seconds()
		sum.CPU += step * columns["cpu"][at]
		sum.Collections += step * columns["collections"][at]
		sum.Requests += step * columns["requests"][at]
		sum.Failed += step * columns["failed"][at]
		p := sum
		p.Age = time.UnixMilli(at).Sub(a.from).Seconds()
		p.Live, p.RSS = columns["live"][at], columns["rss"][at]
		p.Goroutines, p.Series = columns["goroutines"][at], columns["series"][at]
		p.P50, p.P90, p.P99 = columns["p50"][at], columns["p90"][at], columns["p99"][at]
		points = append(points, p)
	}
	return points
}

// age finds out whether the processes began within the window, and leaves out their
// warm-up. The ages are then those of the clock: both sides are compared over the
// same stretch of time.
func (a *asking) age(ctx context.Context, side *compare.Side, warmUp time.Duration) error {
	began := side.Points[0].Age - a.step.Seconds()
	rows, err := a.instant(ctx, fmt.Sprintf("max(process_start_time_seconds{%s})", a.labels), a.to)
	if err != nil {
		return err
	}
	if start, ok := single(rows); ok {
		began = start - float64(a.from.UnixMilli())/1000
		side.Uptime = max(float64(a.to.UnixMilli())/1000-start, 0)
	}
	if began <= 2*a.step.Seconds() && side.Uptime == 0 {
		return nil // it was there before the window
	}
	warm := warmUp
	if warm == 0 {
		warm = promWarmUp
	}
	side.WarmUp = max(began+warm.Seconds(), 0)
	return nil
}

// metrics are those of which the canary has most more, with the label that has the most
// values, and how many series each side has of them.
func metrics(ctx context.Context, canary, stable *asking) (more, than []compare.Place, err error) {
	const counted = `count by (__name__) ({__name__!="",%s})` // one matcher must not match nothing
	// The stable side may have few of what the canary has most of.
	c, err := canary.perProcess(ctx, "topk(200, "+fmt.Sprintf(counted, canary.labels)+")")
	if err != nil {
		return nil, nil, err
	}
	s, err := stable.perProcess(ctx, fmt.Sprintf(counted, stable.labels))
	if err != nil {
		return nil, nil, err
	}
	names := slices.SortedFunc(maps.Keys(c), func(x, y string) int {
		return cmp.Or(cmp.Compare(c[y]-s[y], c[x]-s[x]), cmp.Compare(x, y))
	})
	for rank, name := range names[:min(len(names), 10)] {
		place := name
		if rank < suspects && c[name]-s[name] > 10 {
			place += canary.largestLabel(ctx, name)
		}
		more = append(more, compare.Place{Name: place, Value: c[name]})
		than = append(than, compare.Place{Name: place, Value: s[name]})
	}
	return more, than, nil
}

// perProcess evaluates an expression that counts by the name of metrics, and divides by
// the processes of the side.
func (a *asking) perProcess(ctx context.Context, expression string) (map[string]float64, error) {
	rows, err := a.instant(ctx, expression, a.to)
	if err != nil {
		return nil, err
	}
	instances, err := a.instant(ctx, fmt.Sprintf("count(up{%s} == 1)", a.labels), a.to)
	if err != nil {
		return nil, err
	}
	n, _ := single(instances)
	all := map[string]float64{}
	for _, r := range rows {
		if x, ok := single([]row{r}); ok && r.labels["__name__"] != "" {
			all[r.labels["__name__"]] = math.Round(x / max(n, 1))
		}
	}
	return all, nil
}

// largestLabel is the label with the most values in one process, as "{path}", "" if
// that cannot be found out: then the metric is named without.
func (a *asking) largestLabel(ctx context.Context, name string) string {
	rows, err := a.instant(ctx, fmt.Sprintf("topk(1, {__name__=%q,%s})", name, a.labels), a.to)
	if err != nil || len(rows) == 0 {
		return ""
	}
	var largest string
	var most float64 = 1
	asked := 0
	for _, label := range slices.Sorted(maps.Keys(rows[0].labels)) {
		if slices.Contains([]string{"__name__", "le", "job", "instance"}, label) || asked == maxLabels {
			continue
		}
		asked++
		counted, err := a.instant(ctx, fmt.Sprintf("max(count by (job, instance) (count by (job, instance, %s) ({__name__=%q,%s})))", label, name, a.labels), a.to)
		if n, ok := single(counted); err == nil && ok && n > most {
			largest, most = label, n
		}
	}
	if largest == "" {
		return ""
	}
	return "{" + largest + "}"
}
