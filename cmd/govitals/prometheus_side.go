package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
