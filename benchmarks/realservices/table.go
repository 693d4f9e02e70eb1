package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// compare measures one service and returns its row of the table.
func (s service) compare(ctx context.Context, opts options) (row string, err error) {
	without, err := s.start(ctx, opts.clients, "")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, without.end()) }()
	with, err := s.start(ctx, opts.clients, opts.resolution.String())
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, with.end()) }()

	n := 0
	for _, p := range []*process{without, with} { // warm up, and see how many fit
		if _, n, err = p.run(ctx, n, opts.batch); err != nil {
			return "", err
		}
	}
	pairs := make([]pair, opts.pairs)
	for i := range pairs {
		if pairs[i], err = measure(ctx, without, with, n, i%2 == 1); err != nil {
			return "", err
		}
	}
	return s.row(n, pairs), nil
}

type pair struct{ without, with batch }

func measure(ctx context.Context, without, with *process, n int, swap bool) (p pair, err error) {
	if swap {
		if p.with, _, err = with.run(ctx, n, 0); err != nil {
			return p, err
		}
	}
	if p.without, _, err = without.run(ctx, n, 0); err != nil {
		return p, err
	}
	if !swap {
		p.with, _, err = with.run(ctx, n, 0)
	}
	return p, err
}

func (s service) row(n int, pairs []pair) string {
	ratios := func(figure func(batch) time.Duration) string {
		r := make([]float64, len(pairs))
		for i, p := range pairs {
			r[i] = float64(figure(p.with)) / float64(figure(p.without))
		}
		return median(r)
	}
	added := make([]float64, len(pairs))
	rates := make([]float64, len(pairs))
	for i, p := range pairs {
		added[i] = float64(p.with.after.RSS-p.without.after.RSS) / (1 << 20)
		rates[i] = float64(n) / p.without.wall.Seconds()
	}
	slices.Sort(added)
	slices.Sort(rates)
	last := pairs[len(pairs)-1].with.after
	return fmt.Sprintf("| %s | %.0f | %s | %s | %s | %.1f MiB | `%s`: %s |", s.name, rates[len(rates)/2],
		ratios(func(b batch) time.Duration { return b.cpu }), ratios(func(b batch) time.Duration { return b.p50 }),
		ratios(func(b batch) time.Duration { return b.p99 }), added[len(added)/2], last.State, last.Summary)
}

// median returns the median with its interval of 95 %: the order statistics whose
// ranks a binomial variable lies between.
func median(values []float64) string {
	slices.Sort(values)
	n := len(values)
	tail, k := math.Pow(0.5, float64(n)), 0
	for p := tail; p < 0.025; k++ {
		tail *= float64(n-k) / float64(k+1)
		p += tail
	}
	k = max(k, 1)
	middle := (values[(n-1)/2] + values[n/2]) / 2
	return fmt.Sprintf("%.3f (%.3f–%.3f)", middle, values[k-1], values[n-k])
}
