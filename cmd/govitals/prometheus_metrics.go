package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/govitals/govitals/internal/compare"
)

// suspects is how many metrics have their labels counted, and maxLabels how many labels
// of each.
const suspects, maxLabels = 3, 12

// metrics names those of which the canary has more series, the largest difference first,
// with the label that has the most values; and says how many both sides have.
func metrics(ctx context.Context, canary, stable *asking) (more, than []compare.Place, err error) {
	// Prometheus refuses a selector that a series without labels would fit: track!="canary".
	const counted = `count by (__name__) ({__name__!="",%s})`
	// No topk for the stable side: it may have few of what the canary has most of.
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
