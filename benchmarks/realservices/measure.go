package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// process serves, with clients that are connected to it.
type process struct {
	command  *exec.Cmd
	in       io.WriteCloser
	out      *bufio.Scanner
	requests []func(context.Context, int) error
	hangUps  []func()
}

func (s service) start(ctx context.Context, clients int, resolution string) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{command: exec.CommandContext(ctx, program)}
	p.command.Env = append(os.Environ(), serviceEnv+"="+s.name, vitalsEnv+"="+resolution)
	var said strings.Builder
	p.command.Stderr = &said
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	pipe, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(pipe)
	if !p.out.Scan() {
		return nil, fmt.Errorf("it does not serve: %w\n%s", p.command.Wait(), said.String())
	}
	addr := p.out.Text()
	for range clients {
		request, hangUp, err := s.dial(addr)
		if err != nil {
			return nil, errors.Join(err, p.end())
		}
		p.requests, p.hangUps = append(p.requests, request), append(p.hangUps, hangUp)
	}
	return p, nil
}

func (p *process) end() error {
	for _, hangUp := range p.hangUps {
		hangUp()
	}
	_ = p.in.Close()
	return p.command.Wait()
}

func (p *process) state() (s state, err error) {
	if _, err := io.WriteString(p.in, "\n"); err != nil {
		return s, err
	}
	if !p.out.Scan() {
		return s, errors.New("the service has ended")
	}
	return s, json.Unmarshal(p.out.Bytes(), &s)
}

// batch is what some requests took.
type batch struct {
	cpu, wall, p50, p99 time.Duration
	after               state
}

// run sends n requests, or as many as there is time for if n is 0, and returns how
// many there were.
func (p *process) run(ctx context.Context, n int, most time.Duration) (b batch, sent int, err error) {
	before, err := p.state()
	if err != nil {
		return b, 0, err
	}
	var (
		next      atomic.Int64
		latencies = make([][]time.Duration, len(p.requests))
		failures  = make([]error, len(p.requests))
		group     sync.WaitGroup
		began     = time.Now()
	)
	for i, request := range p.requests {
		group.Go(func() {
			for failures[i] == nil {
				k := int(next.Add(1))
				if n > 0 && k > n || n == 0 && time.Since(began) > most {
					return
				}
				asked := time.Now()
				failures[i] = request(ctx, k)
				latencies[i] = append(latencies[i], time.Since(asked))
			}
		})
	}
	group.Wait()
	b.wall = time.Since(began)
	if err := errors.Join(failures...); err != nil {
		return b, 0, err
	}
	if b.after, err = p.state(); err != nil {
		return b, 0, err
	}
	all := slices.Concat(latencies...)
	slices.Sort(all)
	b.cpu, b.p50, b.p99 = b.after.CPU-before.CPU, all[len(all)/2], all[len(all)*99/100]
	return b, len(all), nil
}
