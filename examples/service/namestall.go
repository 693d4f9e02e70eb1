package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/govitals/govitals/finding"
)

const (
	// buildTimeout and nameTimeout are how long the command may take to be built and
	// to name who is to blame.
	buildTimeout = 3 * time.Minute
	nameTimeout  = 20 * time.Second
	// namerMemory bounds what the command may say.
	namerMemory = 1 << 20
)

// namer names who is to blame for a stall. It runs the command govitals in a process
// of its own, so that this one need not contain what reads traces. A service that
// may contain it sets vitals.Config.NameStall to stalltrace.Name.
type namer struct{ dir, program string }

// newNamer builds the command from the sources beside this file.
func newNamer(ctx context.Context) (*namer, error) {
	_, here, _, _ := runtime.Caller(0)
	source := filepath.Join(filepath.Dir(here), "..", "..", "cmd", "govitals")
	if _, err := os.Stat(filepath.Join(source, "go.mod")); err != nil {
		return nil, fmt.Errorf("the sources of the command govitals are not here: %w", err)
	}
	dir, err := os.MkdirTemp("", "govitals-service-*")
	if err != nil {
		return nil, err
	}
	n := &namer{dir: dir, program: filepath.Join(dir, "govitals")}
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-o", n.program, ".")
	build.Dir, build.Env, build.WaitDelay = source, append(os.Environ(), "GOWORK=off"), time.Second
	if said, err := build.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("go build in %s: %w: %s", source, err, bytes.TrimSpace(said)), n.close())
	}
	return n, nil
}

// name has the command read a trace.
func (n *namer) name(trace io.Reader) ([]finding.Culprit, error) {
	ctx, cancel := context.WithTimeout(context.Background(), nameTimeout)
	defer cancel()
	var out, fault bytes.Buffer
	stall := exec.CommandContext(ctx, n.program, "stall", "--json", "-")
	stall.Stdin, stall.Stdout, stall.Stderr, stall.WaitDelay = trace, &out, &fault, time.Second
	err := stall.Run()
	if exit, ended := errors.AsType[*exec.ExitError](err); err != nil && !(ended && exit.ExitCode() == 1) { // 1 is: nobody
		return nil, fmt.Errorf("govitals stall: %w: %.200s", err, bytes.TrimSpace(fault.Bytes()))
	}
	var said struct {
		Culprits []finding.Culprit `json:"culprits"`
	}
	if err := json.NewDecoder(io.LimitReader(&out, namerMemory)).Decode(&said); err != nil {
		return nil, fmt.Errorf("govitals stall: %w", err)
	}
	return said.Culprits, nil
}

// close removes the command.
func (n *namer) close() error {
	if n == nil {
		return nil
	}
	return os.RemoveAll(n.dir)
}
