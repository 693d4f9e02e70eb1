package main

import (
	"context"
	"errors"
	"time"

	"github.com/govitals/govitals/vitals"
	"github.com/govitals/govitals/watch"
)

// watched says whether the work is still being done, part by part.
type watched struct {
	inflight *watch.InFlight // requests
	outbound *watch.Outbound // calls to others
	refresh  *watch.Job
	invoices *watch.Queue
	places   *watch.Pool
	orders   *watch.State // what the store holds
	effects  *watch.Effects
}

// newWatched returns the parts. The times are shorter than those that a real service
// leaves to the defaults: a demonstration should not take long.
func newWatched(s *store, p *places) *watched {
	w := &watched{
		inflight: watch.NewInFlight(watch.InFlightConfig{Grace: 2 * time.Second}),
		outbound: watch.NewOutbound(nil, watch.OutboundConfig{}),
		refresh:  watch.NewJob(watch.JobConfig{Name: "report", Every: time.Second, Grace: 5 * time.Second}),
		invoices: watch.NewQueue("invoices"),
		places:   watch.NewPool(watch.PoolConfig{Name: "store", Read: p.read}),
		orders:   watch.NewState("orders", 20*time.Second, func() (int, int64) { return s.len(), -1 }),
	}
	w.effects = watch.NewEffects(watch.EffectsConfig{InFlight: w.inflight, Jobs: []*watch.Job{w.refresh}, Every: time.Second})
	return w
}

// start has them watch, and puts them into the report.
func (w *watched) start(ctx context.Context, v *vitals.Vitals) error {
	v.Add(w.inflight, w.outbound, w.refresh, w.invoices, w.places, w.orders, w.effects)
	return errors.Join(w.inflight.Start(ctx), w.places.Start(ctx), w.orders.Start(ctx), w.effects.Start(ctx))
}

func (w *watched) close() error {
	return errors.Join(w.effects.Close(), w.orders.Close(), w.places.Close(), w.inflight.Close())
}
