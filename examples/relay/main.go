// Relay shows what a herd does to a relay: forty clients ask at once for the
// same 8 MiB, which a slow origin takes half a second to send. First each request
// causes a load of its own, then one flight of httpflight answers them all.
//
//	go run ./examples/relay
//
// It prints both side by side, and fails if coalescing did not help or if
// goroutines or memory are left over.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/singleflight/httpflight"
)

const (
	bodySize = 8 << 20
	loadTime = 500 * time.Millisecond
)

func main() {
	clients := flag.Int("clients", 40, "how many `clients` ask at once, 2 to 1000")
	flag.Parse()
	if err := run(os.Stdout, *clients); err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

// run lets the herd come twice and compares.
func run(out io.Writer, clients int) error {
	if clients < 2 || clients > 1000 {
		return fmt.Errorf("-clients is %d: use 2 to 1000", clients)
	}
	origin := newOrigin(bodySize, loadTime)
	defer origin.close()
	before := baseline()

	alone, err := serve(&relay{origin: origin}, nil, origin, clients)
	if err != nil {
		return fmt.Errorf("without coalescing: %w", err)
	}
	handler := httpflight.New(&relay{origin: origin}, httpflight.Config{Reuse: time.Second})
	shared, err := serve(handler, handler.ConnContext, origin, clients)
	if err := errors.Join(err, handler.Close()); err != nil {
		return fmt.Errorf("with coalescing: %w", err)
	}

	show(out, clients, alone, shared)
	left, err := before.wait()
	fmt.Fprintf(out, "left over at the end: %s; %s\n", left, tables(handler))
	return errors.Join(err, shared.better(alone))
}

func show(out io.Writer, clients int, alone, shared figures) {
	fmt.Fprintf(out, "%d clients, %d MiB, %v to load\n\n", clients, bodySize>>20, loadTime)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "\twithout\twith httpflight")
	fmt.Fprintf(w, "loads\t%d\t%d\n", alone.loads, shared.loads)
	fmt.Fprintf(w, "peak heap\t%.1f MiB\t%.1f MiB\n", mib(alone.peak), mib(shared.peak))
	fmt.Fprintf(w, "first byte, median\t%v\t%v\n", alone.firstByte, shared.firstByte)
	fmt.Fprintf(w, "all done\t%v\t%v\n", alone.total, shared.total)
	w.Flush()
	fmt.Fprintln(out)
}

// tables says what the handler still holds, by its metrics.
func tables(handler *httpflight.Handler) string {
	figures := map[string]float64{}
	handler.Collect(func(s metric.Sample) { figures[s.Desc.Name] = s.Value })
	return fmt.Sprintf("%v loads, %v answers, %v bytes in the handler", figures["httpflight.running"], figures["httpflight.generations"], figures["httpflight.held"])
}

func mib(bytes uint64) float64 { return float64(bytes) / (1 << 20) }
