package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/govitals/govitals/internal/compare"
)

// compareFlags are the flags of the command.
type compareFlags struct {
	asJSON         bool
	tokenFile      string
	warmUp         time.Duration
	tolerate       float64 // MiB per hour
	prometheus     string
	canary, stable string
	window         time.Duration
	places         []string
}

func parseCompare(args []string, s streams) (f compareFlags, err error) {
	flags := flag.NewFlagSet("govitals compare", flag.ContinueOnError)
	flags.SetOutput(s.err)
	flags.BoolVar(&f.asJSON, "json", false, "write JSON")
	flags.StringVar(&f.tokenFile, "token-file", "", "read the token from a `FILE` instead of "+process.variable+", or "+prometheus.variable+" with -prometheus")
	flags.DurationVar(&f.warmUp, "warm-up", 0, "the age before which nothing is compared; 0 for what the processes say, 10m with -prometheus")
	flags.Float64Var(&f.tolerate, "tolerate", 0, "how many `MiB` per hour live memory may grow faster; 0 for 1, or 2 % of it if that is more")
	flags.StringVar(&f.prometheus, "prometheus", "", "ask the Prometheus server at this `URL` instead of the processes")
	flags.StringVar(&f.canary, "canary", "", `with -prometheus, the labels of the canary: 'track="canary"'`)
	flags.StringVar(&f.stable, "stable", "", `with -prometheus, the labels of the stable side: 'track="stable"'`)
	flags.DurationVar(&f.window, "window", time.Hour, "with -prometheus, how far to look back")
	if err := flags.Parse(args); err != nil {
		return f, err
	}
	f.places = flags.Args()
	return f, f.validate()
}

func (f *compareFlags) validate() error {
	switch {
	case f.warmUp < 0:
		return fmt.Errorf("-warm-up is %v: use 0 or a time such as 10m", f.warmUp)
	case !(f.tolerate >= 0 && f.tolerate < 1e9):
		return fmt.Errorf("-tolerate is %v: use a number of MiB per hour", f.tolerate)
	case f.prometheus == "" && (f.canary != "" || f.stable != ""):
		return errors.New("-canary and -stable go with -prometheus: without it give two URLs or files")
	case f.prometheus == "" && len(f.places) != 2:
		return errors.New("compare needs CANARY and STABLE, two URLs or files, after all flags")
	case f.prometheus == "":
		return nil
	case len(f.places) != 0:
		return fmt.Errorf("unexpected %.60q: with -prometheus the sides are -canary and -stable", f.places[0])
	case f.window < time.Minute/2 || f.window > 31*24*time.Hour:
		return fmt.Errorf("-window is %v: use 30s to 744h", f.window)
	}
	var err error
	if f.canary, err = selector("-canary", f.canary); err != nil {
		return err
	}
	f.stable, err = selector("-stable", f.stable)
	return err
}

// compareSides compares a canary with a stable side.
func compareSides(args []string, s streams) (int, error) {
	f, err := parseCompare(args, s)
	if err != nil {
		return exitUnsure, err
	}
	ctx := context.Background()
	canary, stable, err := f.sides(ctx, s.in)
	if err != nil {
		return exitUnsure, err
	}
	if f.prometheus == "" && compare.SameProcess(canary, stable) {
		return exitUnsure, errors.New("both are reports of the same process: give two processes, or two of its lives")
	}
	result := compare.Compare(canary, stable, compare.Options{WarmUp: f.warmUp, Tolerate: f.tolerate * (1 << 20)})
	if f.asJSON {
		return isNoWorse(result.Verdict), writeResult(s.out, result)
	}
	return isNoWorse(result.Verdict), printResult(s.out, result)
}

func isNoWorse(v compare.Verdict) int {
	switch v {
	case compare.Same:
		return exitYes
	case compare.Worse:
		return exitNo
	}
	return exitUnsure
}

func writeResult(to io.Writer, result compare.Result) error {
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	return encoder.Encode(result)
}

// sides reads both.
func (f *compareFlags) sides(ctx context.Context, in io.Reader) (canary, stable compare.Side, err error) {
	if f.prometheus != "" {
		return f.fromPrometheus(ctx)
	}
	if f.places[0] == "-" && f.places[1] == "-" {
		return canary, stable, errors.New("only one of the two can be standard input")
	}
	asker, err := newClient(f.tokenFile, process)
	if err != nil {
		return canary, stable, err
	}
	if canary, err = asker.side(ctx, f.places[0], in); err != nil {
		return canary, stable, err
	}
	stable, err = asker.side(ctx, f.places[1], in)
	return canary, stable, err
}

func (c client) side(ctx context.Context, place string, in io.Reader) (compare.Side, error) {
	name := shownPlace(place)
	content, err := c.load(ctx, place, in)
	if err != nil {
		return compare.Side{}, fmt.Errorf("%s: %w", name, err)
	}
	side, err := compare.Decode(content)
	if err != nil {
		return compare.Side{}, fmt.Errorf("%s: %w", name, err)
	}
	side.Name = name
	return side, nil
}
