package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/govitals/govitals/vitals"
)

// The variables that make a process one that serves.
const (
	serviceEnv = "REALSERVICE"
	vitalsEnv  = "REALSERVICE_VITALS"
)

var errNotAsked = errors.New("this process is not asked to serve")

// state is what a serving process says of itself, one line of JSON each time that a
// line arrives.
type state struct {
	CPU     time.Duration `json:"cpu"`
	RSS     int64         `json:"rss"`
	State   string        `json:"state,omitempty"`
	Summary string        `json:"summary,omitempty"`
}

// serveIfAsked serves until stdin ends.
func serveIfAsked(ctx context.Context) error {
	name := os.Getenv(serviceEnv)
	if name == "" {
		return errNotAsked
	}
	s, err := find(name)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "realservices-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	addr, stop, err := s.serve(ctx, dir)
	if err != nil {
		return err
	}
	defer stop()
	var v *vitals.Vitals
	if os.Getenv(vitalsEnv) != "" {
		resolution, err := time.ParseDuration(os.Getenv(vitalsEnv))
		if err != nil {
			return err
		}
		if v, err = vitals.Start(ctx, vitals.Config{Resolution: resolution}); err != nil {
			return err
		}
		defer v.Close()
	}
	fmt.Println(addr)
	return answer(v)
}

func answer(v *vitals.Vitals) error {
	out := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		now := state{RSS: resident()}
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			return err
		}
		now.CPU = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		if v != nil {
			report := v.Report()
			now.State, now.Summary = report.State.String(), report.Summary
		}
		if err := out.Encode(now); err != nil {
			return err
		}
	}
	return nil
}

// resident is VmRSS of /proc/self/status.
func resident() int64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10
		}
	}
	return 0
}
