// Compare runs the benchmarks that set govitals beside its peers and prints one
// table of ratios, as Markdown:
//
//	cd benchmarks && go run ./cmd/compare                  everything, 20 minutes with -count 1
//	cd benchmarks && go run ./cmd/compare -area 'series|tests' -count 5
//
// A ratio is ours divided by theirs, both measured in turns in one process by the
// benchmark that the row names: below 1 is less time, memory or traffic than the
// peer's, unless the row says what else it counts. Run it on a quiet machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
)

// suite is one group of benchmarks.
type suite struct {
	area      string // as -area selects it
	question  string
	benchmark string // a regular expression for go test -bench
	benchtime string
}

var suites = []suite{
	{"readings", "What does a reading of the heap cost, beside a scrape of others?", "HeapRead$|Scrape$", "100x"},
	{"idle", "What does an idle process pay?", "IdleProcess$", "1x"},
	{"sites", "What does following the allocation sites cost?", "SitesStep$", "1x"},
	{"profiles", "What does a difference of two heap profiles cost?", "Delta$|HeapProfile$", "1x"},
	{"gate", "What do impatient readers of debug pages cost the service?", "Gate$", "3x"},
	{"verdict", "Who is right about a leak, and who cries wolf?", "Trend$|DetectorRules$", "1x"},
	{"tests", "What does refusing a leak in a test cost?", "Leakcheck", "3x"},
	{"lag", "Who sees the delay that requests feel?", "LagTruth$|LagIdle$", "4x"},
	{"lag", "What does noting a delay cost?", "LagRecord$", "200x"},
	{"shed", "What does shedding load save?", "Shed$", "2x"},
	{"shed", "What does it cost a request?", "ShedAdmission$", "200x"},
	{"series", "What does a guard of label sets cost each update?", "Cardinality(Hit|Overflow|Parallel|Create)$|CardinalityPeers$", "300x"},
	{"series", "The same as a drop-in, for client_golang and OpenTelemetry?", "Promguard(Hit|Overflow|Create)$|Otelguard(Hit|Two|Overflow|Beside)$", "100x"},
	{"series", "What do a page, a new label set and a scrape cost?", "CardinalityPeers(Page|Create)$|PromguardGather$", "5x"},
	{"herd", "What does a herd cost?", "^BenchmarkHerd$", "3x"},
	{"herd", "What does one call cost?", "Reused$|Miss$|MissLimited$|OtherKeys$", "60x"},
	{"streams", "What does a herd of HTTP requests cost?", "HerdStreams$", "5x"},
	{"work", "What does watching work cost?", "InFlight|Queue", "300x"},
	{"histograms", "How exact and how fast are histograms?", "Histogram", "100x"},
}

func main() {
	area := flag.String("area", ".", "a regular `expression` for the areas to run")
	count := flag.Int("count", 3, "how many times each is run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := compare(ctx, os.Stdout, *area, *count); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, out io.Writer, area string, count int) error {
	chosen, err := regexp.Compile(area)
	if err != nil {
		return fmt.Errorf("-area: %w", err)
	}
	if count < 1 {
		return fmt.Errorf("-count is %d: use 1 or more", count)
	}
	ran := 0
	for _, s := range suites {
		if !chosen.MatchString(s.area) {
			continue
		}
		ran++
		lines, err := s.run(ctx, count)
		if err != nil {
			return err
		}
		s.write(out, ratios(lines))
	}
	if ran == 0 {
		return fmt.Errorf("-area %q names none of the areas: see suites in cmd/compare", area)
	}
	return nil
}
