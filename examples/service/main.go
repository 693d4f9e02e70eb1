// Service is a small order service that carries govitals: an in-memory store, a
// queue of invoices to print, a report that is refreshed periodically. It
// drives its own load and says every few seconds, in one line, how it is.
//
//	go run ./examples/service
//	go run ./examples/service -leak=heap -for 60s
//	go run ./examples/service -block=copy -for 30s
//	go run ./examples/service -trouble=pool -for 30s
//
// While it runs, look at http://127.0.0.1:8080/debug/vitals.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the flags of the program.
type options struct {
	listen  string
	leak    string
	block   string
	trouble string
	rate    float64
	run     time.Duration
	every   time.Duration
	// restartAt is the memory in MiB at which to drain and ask for a restart.
	restartAt uint64
	// captures and state are where govitals keeps evidence, and trends over restarts.
	captures, state string
}

// The kinds of trouble that -leak can plant.
const (
	leakNone       = "none"
	leakHeap       = "heap"
	leakGoroutines = "goroutine"
	leakSeries     = "series"
)

var leaks = []string{leakNone, leakHeap, leakGoroutines, leakSeries}

// The kinds of work that -trouble can hinder.
const (
	troubleNone   = "none"
	troubleJob    = "job"
	troublePool   = "pool"
	troubleOrphan = "orphan"
)

var troubles = []string{troubleNone, troubleJob, troublePool, troubleOrphan}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	opts, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = run(ctx, opts, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(exitCode(err))
	}
}

// exitCode is 75 (EX_TEMPFAIL of sysexits.h) for "start me again".
func exitCode(err error) int {
	if errors.Is(err, errRestart) {
		return 75
	}
	return 1
}

func parse(args []string, stderr io.Writer) (options, error) {
	var opts options
	flags := flag.NewFlagSet("service", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&opts.listen, "listen", "127.0.0.1:8080", "`address` to serve on; port 0 takes a free one")
	flags.StringVar(&opts.leak, "leak", leakNone, "trouble to plant: "+strings.Join(leaks, ", "))
	flags.StringVar(&opts.block, "block", blockNone, "what keeps requests waiting now and then: "+strings.Join(blocks, ", "))
	flags.StringVar(&opts.trouble, "trouble", troubleNone, "work to hinder: "+strings.Join(troubles, ", "))
	flags.Float64Var(&opts.rate, "rate", 200, "requests per second that the program sends itself; 0 for none")
	flags.DurationVar(&opts.run, "for", 0, "how long to run; 0 until interrupted")
	flags.DurationVar(&opts.every, "every", 5*time.Second, "time between two verdict lines")
	flags.Uint64Var(&opts.restartAt, "restart-at", 0, "resident `MiB` at which to finish what runs and exit with 75; 0 for the kernel's limit alone")
	flags.StringVar(&opts.captures, "captures", "", "`directory` for heap profiles and reports, captured at a verdict and near a limit; none by default")
	flags.StringVar(&opts.state, "state", "", "`file` that keeps the trends over restarts; none by default")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	return opts, opts.validate(flags.Args())
}

func (o options) validate(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q: see -help", rest[0])
	case !slices.Contains(leaks, o.leak):
		return fmt.Errorf("-leak is %q: use one of %s", o.leak, strings.Join(leaks, ", "))
	case !slices.Contains(blocks, o.block):
		return fmt.Errorf("-block is %q: use one of %s", o.block, strings.Join(blocks, ", "))
	case !slices.Contains(troubles, o.trouble):
		return fmt.Errorf("-trouble is %q: use one of %s", o.trouble, strings.Join(troubles, ", "))
	case !(o.rate >= 0 && o.rate <= maxRate):
		return fmt.Errorf("-rate is %v: use 0 to %d requests per second", o.rate, maxRate)
	case o.run < 0:
		return fmt.Errorf("-for is %v: use a positive duration such as 30s, or 0", o.run)
	case o.restartAt > 1<<20:
		return fmt.Errorf("-restart-at is %d: use a number of MiB up to %d", o.restartAt, 1<<20)
	case o.every < 100*time.Millisecond:
		return fmt.Errorf("-every is %v: use at least 100ms", o.every)
	}
	return nil
}

// run serves until ctx ends or the time is over, whichever comes first. Both
// are a clean end.
func run(ctx context.Context, opts options, out io.Writer) error {
	listener, err := net.Listen("tcp", opts.listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use: stop the program that listens there, or choose another with -listen 127.0.0.1:0", opts.listen)
	}
	if err != nil {
		return err
	}
	app, err := newApp(ctx, opts, out)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	welcome(out, listener.Addr(), opts)
	if opts.run > 0 { // without the time that the command took to be built
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opts.run)
		defer cancel()
	}
	return app.serve(ctx, listener, opts, out)
}

func welcome(out io.Writer, addr net.Addr, opts options) {
	fmt.Fprintf(out, "listening on http://%s\n", addr)
	fmt.Fprintf(out, "  the verdict    curl http://%s/debug/vitals   (or open it in a browser)\n", addr)
	fmt.Fprintf(out, "  the heap       go tool pprof http://%s/debug/heap\n", addr)
	fmt.Fprintf(out, "  the metrics    curl http://%s/metrics\n", addr)
	fmt.Fprintf(out, "load %v requests/s, planted trouble: leak %s, block %s, work %s\n\n", opts.rate, opts.leak, opts.block, opts.trouble)
}
