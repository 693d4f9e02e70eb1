package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"
)

// service is one of the programs, as the process that serves and the one that asks
// see it.
type service struct {
	name string
	// serve starts it with its files in dir and returns where it listens.
	serve func(ctx context.Context, dir string) (addr string, stop func(), err error)
	// dial returns what sends request number n and waits for the answer. It is used
	// by one goroutine at a time.
	dial func(addr string) (request func(ctx context.Context, n int) error, hangUp func(), err error)
}

var services = []service{ginService, natsService, etcdService}

func find(name string) (service, error) {
	i := slices.IndexFunc(services, func(s service) bool { return s.name == name })
	if i < 0 {
		return service{}, fmt.Errorf("there is no service %q", name)
	}
	return services[i], nil
}

type options struct {
	pairs, clients int
	batch          time.Duration
	resolution     time.Duration
	chosen         []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := serveIfAsked(ctx)
	if err == errNotAsked {
		var opts options
		flag.IntVar(&opts.pairs, "pairs", 20, "how many times each is measured with and without, 6 or more")
		flag.IntVar(&opts.clients, "clients", 8, "how many clients ask at the same time")
		flag.DurationVar(&opts.batch, "batch", 2*time.Second, "how long the first batch lasts; all others have as many requests")
		flag.DurationVar(&opts.resolution, "resolution", time.Minute, "vitals.Config.Resolution: shorter ones cost more and have a verdict sooner")
		flag.Parse()
		opts.chosen = flag.Args()
		err = compare(ctx, os.Stdout, opts)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "realservices:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, out io.Writer, opts options) error {
	if opts.pairs < 6 {
		return fmt.Errorf("-pairs is %d: use 6 or more, for an interval of 95 %%", opts.pairs)
	}
	if len(opts.chosen) == 0 {
		for _, s := range services {
			opts.chosen = append(opts.chosen, s.name)
		}
	}
	fmt.Fprintln(out, "| service | requests/s | CPU per request | p50 | p99 | memory added | it says of itself |\n|---|---|---|---|---|---|---|")
	for _, name := range opts.chosen {
		s, err := find(name)
		if err != nil {
			return err
		}
		row, err := s.compare(ctx, opts)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintln(out, row)
	}
	return nil
}
