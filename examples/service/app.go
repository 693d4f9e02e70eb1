package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/govitals/govitals/cardinality/promguard"
	"github.com/govitals/govitals/export/promvitals"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/vitals"
)

// shutdownTimeout is how long requests under way may take to finish.
const shutdownTimeout = 5 * time.Second

// app is the service with everything it is made of.
type app struct {
	store   *store
	places  *places
	printer *printer
	report  *report
	watched *watched
	trouble *trouble
	blocker *blocker
	namer   *namer // nil unless requests are to be blocked
	vitals  *vitals.Vitals
	handler http.Handler
}

// newApp puts the service together. It runs until ctx ends; see serve.
func newApp(ctx context.Context, opts options, out io.Writer) (*app, error) {
	registry := prometheus.NewRegistry()
	trouble := newTrouble(opts, registry)
	a := &app{store: newStore(), places: newPlaces(), trouble: trouble, blocker: &blocker{kind: opts.block}}
	a.watched = newWatched(a.store, a.places)
	a.printer, a.report = newPrinter(a.watched.invoices), newReport(a.store, trouble)

	// The lines that carry govitals. A real service leaves Resolution out.
	config := vitals.Config{Resolution: 100 * time.Millisecond, CaptureDir: opts.captures, StateFile: opts.state}
	if opts.block != blockNone {
		config.StallThreshold = blockStall
		a.nameStalls(ctx, &config, out)
	}
	v, err := vitals.Start(ctx, config)
	if err != nil {
		return nil, errors.Join(err, a.namer.close())
	}
	series := promguard.NewSeries(registry) // says which label explodes
	v.Watch(series)
	registry.MustRegister(promvitals.Collector(v))
	if err := a.watched.start(ctx, v); err != nil {
		return nil, errors.Join(err, a.watched.close(), v.Close(), a.namer.close())
	}

	mux := http.NewServeMux()
	mux.Handle("/debug/", v.Handler())
	mux.Handle("/metrics", promhttp.HandlerFor(series, promhttp.HandlerOpts{}))
	mux.Handle("/", measured(a.watched.inflight.Middleware(a.api()), registry, trouble))
	a.vitals, a.handler = v, mux
	return a, nil
}

// nameStalls has the report say who is to blame for stalls. Without that it names
// the cause alone.
func (a *app) nameStalls(ctx context.Context, config *vitals.Config, out io.Writer) {
	fmt.Fprintln(out, "building the command that names who is to blame …")
	namer, err := newNamer(ctx)
	if err != nil {
		fmt.Fprintf(out, "stalls will have a cause and no culprit: %v\n", err)
		return
	}
	a.namer, config.NameStall = namer, namer.name
}

// serve answers requests on the listener, sends load to it and prints verdicts,
// until ctx ends or memory gets scarce. It returns when everything has stopped.
func (a *app) serve(ctx context.Context, listener net.Listener, opts options, out io.Writer) error {
	server := &http.Server{Handler: a.handler, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	work, stop := context.WithCancel(ctx)
	defer stop()
	scarce, pressure, err := a.watchMemory(work, opts.restartAt)
	if err != nil {
		return errors.Join(err, server.Close(), a.close())
	}
	load := newLoad("http://"+listener.Addr().String(), opts.rate, a.watched.outbound)
	var background sync.WaitGroup
	background.Go(func() { a.printer.run(work) })
	background.Go(func() { _ = a.watched.refresh.Run(work, a.report.refresh) })
	background.Go(func() { a.blocker.run(work) })
	background.Go(func() { load.run(work) })
	if opts.leak == leakSeries {
		background.Go(func() { load.scrape(work) }) // series are counted at scrapes
	}
	background.Go(func() { a.narrate(work, opts.every, load, out) })

	select {
	case <-ctx.Done():
	case how := <-scarce:
		err = fmt.Errorf("%w: %v", errRestart, how)
	case err = <-failed:
		err = fmt.Errorf("serving ended: %w", err)
	}
	stop()
	background.Wait()
	a.trouble.stop()
	return errors.Join(err, shutdown(server), pressure.Close(), a.close(), a.farewell(load, out))
}

func (a *app) close() error {
	return errors.Join(a.watched.close(), a.vitals.Close(), a.namer.close())
}

// errRestart ends a service that finished what it had begun before memory ran
// out, instead of being killed in the middle of requests.
var errRestart = errors.New("start me again")

// watchMemory sends once memory is at 90 % of the kernel's limit, or of
// restartAt in MiB.
func (a *app) watchMemory(ctx context.Context, restartAt uint64) (<-chan heap.Pressure, *heap.PressureWatch, error) {
	scarce := make(chan heap.Pressure, 1)
	config := heap.PressureConfig{At: []float64{0.9}, Limit: restartAt << 20}
	pressure, err := heap.OnPressure(ctx, a.vitals.Monitor(), config, func(_ context.Context, p heap.Pressure) {
		select {
		case scarce <- p:
		default: // said before
		}
	})
	return scarce, pressure, err
}

func shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	return server.Shutdown(ctx)
}

// narrate prints a verdict line again and again.
func (a *app) narrate(ctx context.Context, every time.Duration, load *load, out io.Writer) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			report := a.vitals.Report()
			fmt.Fprintf(out, "%4.0fs %8s  %s\n", report.UptimeSeconds, load.tally(), report.Summary)
		}
	}
}

func (a *app) farewell(load *load, out io.Writer) error {
	_, err := fmt.Fprintf(out, "\nstopped after %d requests, %d failed\n", load.sent.Load(), load.failed.Load())
	return err
}
