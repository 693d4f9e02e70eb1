// Incidents runs the programs below it, each of which tells an incident: how it
// failed, what govitals says of it, and that it has nothing to say of the fix.
//
//	go run ./examples/incidents            all of them
//	go run ./examples/incidents pool grown some of them
//	go run ./examples/incidents/pool       one, as its own program
//
// It exits with 1 if one of them did not go as told.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// alone is the program that runs before all others: it is about who has the
// processors.
const alone = "blocked"

// names are the programs, those that take longest first.
var names = []string{
	alone, "grown", "threads", "batch", "contexts", "pool", "spike", "histogram", "orphans", "relay", "silentstop",
}

const packages = "github.com/govitals/govitals/examples/incidents/"

func main() {
	atOnce := flag.Int("at-once", 3, "how many to run side by side, 1 to 20")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *atOnce, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "incidents:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, atOnce int, chosen []string) error {
	if atOnce < 1 || atOnce > 20 {
		return fmt.Errorf("-at-once is %d: use 1 to 20", atOnce)
	}
	if len(chosen) == 0 {
		chosen = names
	}
	for _, name := range chosen {
		if !slices.Contains(names, name) {
			return fmt.Errorf("there is no incident %q: use one of %s", name, strings.Join(names, ", "))
		}
	}
	dir, err := os.MkdirTemp("", "incidents-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := build(ctx, dir, chosen); err != nil {
		return err
	}
	return tellAll(ctx, out, dir, atOnce, chosen)
}

func build(ctx context.Context, dir string, chosen []string) error {
	arguments := []string{"build", "-o", dir + string(filepath.Separator)}
	for _, name := range chosen {
		arguments = append(arguments, packages+name)
	}
	if output, err := exec.CommandContext(ctx, "go", arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, output)
	}
	return nil
}

// tellAll runs the programs, some at a time, and prints each when it has ended.
func tellAll(ctx context.Context, out io.Writer, dir string, atOnce int, chosen []string) error {
	var (
		mu     sync.Mutex
		failed []string
		all    sync.WaitGroup
		places = make(chan struct{}, atOnce)
	)
	tell := func(name string) {
		began := time.Now()
		output, err := exec.CommandContext(ctx, filepath.Join(dir, name)).CombinedOutput()
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(out, "%s\n--- %s: %s, %.0f s\n\n", output, name, outcome(err), time.Since(began).Seconds())
		if err != nil {
			failed = append(failed, name)
		}
	}
	if slices.Contains(chosen, alone) {
		tell(alone)
	}
	for _, name := range chosen {
		if name == alone {
			continue
		}
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			tell(name)
		})
	}
	all.Wait()
	if len(failed) > 0 {
		return fmt.Errorf("not as told: %s", strings.Join(failed, ", "))
	}
	fmt.Fprintf(out, "all %d incidents went as told\n", len(chosen))
	return nil
}

func outcome(err error) string {
	if err != nil {
		return err.Error()
	}
	return "as told"
}
