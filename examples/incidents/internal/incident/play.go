package incident

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/vitals"
)

// The parts of a story, and the variable that says which one a process plays.
const (
	partEnv = "GOVITALS_INCIDENT_PART"
	broken  = "broken"
	fixed   = "fixed"
)

// play runs a service with govitals in it until the judge has decided.
func (s Story) play(service func(context.Context, *vitals.Vitals) error, judge func(context.Context, *vitals.Vitals) error) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	config := s.Config
	if config.Resolution == 0 {
		config.Resolution = 100 * time.Millisecond
	}
	config.Logger = slog.New(slog.DiscardHandler) // what is printed is the report
	v, err := vitals.Start(ctx, config)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- service(ctx, v) }()
	judged := make(chan error, 1)
	go func() { judged <- judge(ctx, v) }()
	select {
	case err = <-judged:
		cancel()
		return errors.Join(err, <-ended)
	case err = <-ended:
		return fmt.Errorf("the service ended before it was judged: %v", err)
	}
}

// each calls look with a report four times a second until it says that it has seen enough.
func each(ctx context.Context, v *vitals.Vitals, look func(vitals.Report) (enough bool)) {
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if look(v.Report()) {
				return
			}
		}
	}
}

// untilNamed prints what the report says once it names the fault.
func (s Story) untilNamed(ctx context.Context, v *vitals.Vitals) error {
	var last vitals.Report
	named := false
	each(ctx, v, func(r vitals.Report) bool {
		f, found := s.Named.in(r)
		beside, said := s.Beside.among(r.Findings)
		if named = found && (said || s.Beside.Signal == ""); named {
			fmt.Printf("after %.0f s: %s\n", r.UptimeSeconds, r.Summary)
			paragraph(os.Stdout, f)
			if said {
				fmt.Printf("  beside it: %s\n", beside.Summary)
			}
		}
		last = r
		return named || r.UptimeSeconds > limit.Seconds()
	})
	if !named {
		return fmt.Errorf("%s %q was not named within %v; the report says:\n%s", s.Named.Signal, s.Named.Names, limit, last)
	}
	return nil
}

// untilAsked watches that the fault is never named, until stdin ends, and prints
// what the report says then.
func (s Story) untilAsked(ctx context.Context, v *vitals.Vitals) (err error) {
	asked := make(chan struct{})
	go func() { // ends with the process at the latest
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(asked)
	}()
	each(ctx, v, func(r vitals.Report) bool {
		if f, named := s.Named.in(r); named {
			err = fmt.Errorf("of the service with the fix it is said after %.0f s: %s", r.UptimeSeconds, f.Summary)
			return true
		}
		select {
		case <-asked:
			fmt.Printf("after %.0f s: %s\n", r.UptimeSeconds, r.Summary)
			return true
		default:
			return false
		}
	})
	return err
}

func paragraph(w io.Writer, f finding.Finding) {
	for _, c := range f.Culprits {
		place := ""
		if c.File != "" {
			place = fmt.Sprintf(" (%s:%d)", c.File[strings.LastIndexByte(c.File, '/')+1:], c.Line)
		}
		fmt.Fprintf(w, "  to blame: %s%s\n", c.Name, place)
	}
	if f.Advice != "" {
		fmt.Fprintf(w, "  what to do: %s\n", f.Advice)
	}
}
