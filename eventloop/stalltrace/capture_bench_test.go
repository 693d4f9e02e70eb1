package stalltrace

import (
	"bytes"
	"fmt"
	"io"
	"runtime/trace"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/eventloop"
	"github.com/govitals/govitals/finding"
)

// BenchmarkCapture has a Probe and a Capture find a stall in a process of 900 parked
// goroutines that does tasks beside: a goroutine each that sleeps and hands its result
// to another. It reports medians: what the flight recorder holds and what is left
// when it is cut to the stall, and how long writing the one and naming from the other
// takes.
//
//	go test -run '^$' -bench Capture -benchtime 3x
func BenchmarkCapture(b *testing.B) {
	release := make(chan struct{})
	defer close(release)
	for range 900 {
		go func() { <-release }()
	}
	for _, tasks := range []int{0, 100, 1_000, 5_000} {
		b.Run(fmt.Sprintf("tasks=%d/s", tasks), func(b *testing.B) {
			var all captures
			c := all.start(b)
			stop := work(tasks)
			defer stop()
			for b.Loop() {
				time.Sleep(3 * time.Second) // the recorder is full, and MinInterval over
				all.await(b, c)
			}
			all.report(b)
		})
	}
}

// captures is what was seen of some: kilobytes and milliseconds.
type captures struct {
	recorder *trace.FlightRecorder
	done     chan struct{}

	whole, cut, write, name []float64
	right                   int
}

// start begins to capture stalls, with a recorder like that of CaptureConfig.Record.
func (c *captures) start(b *testing.B) *eventloop.Probe {
	c.done = make(chan struct{}, 1)
	c.recorder = trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: 2 * time.Second, MaxBytes: 4 << 20})
	probe, err := eventloop.New(eventloop.Config{})
	if err != nil {
		b.Fatal(err)
	}
	capture, err := eventloop.NewCapture(eventloop.CaptureConfig{
		Probe: probe, Recorder: c, Name: c.named, MinLag: 50 * time.Millisecond, MinInterval: time.Second, MaxPerHour: 1000,
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, start := range []func() error{
		c.recorder.Start, func() error { return probe.Start(b.Context()) }, func() error { return capture.Start(b.Context()) },
	} {
		if err := start(); err != nil {
			b.Fatal(err)
		}
	}
	b.Cleanup(func() {
		capture.Close()
		probe.Close()
		c.recorder.Stop()
	})
	return probe
}

// WriteTo implements [eventloop.Recorder].
func (c *captures) WriteTo(w io.Writer) (int64, error) {
	began := time.Now()
	n, err := c.recorder.WriteTo(w)
	c.write = append(c.write, time.Since(began).Seconds()*1e3)
	c.whole = append(c.whole, float64(n)/1e3)
	return n, err
}

// named is the CaptureConfig.Name.
func (c *captures) named(in io.Reader) ([]finding.Culprit, error) {
	content, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	culprits, err := Name(bytes.NewReader(content))
	c.name = append(c.name, time.Since(began).Seconds()*1e3)
	c.cut = append(c.cut, float64(len(content))/1e3)
	if begin(culprits, []string{"stalltrace.digest"}) {
		c.right++
	}
	c.done <- struct{}{}
	return culprits, err
}

// await makes a stall and waits until its culprit was named. A stall that the
// neighbours of a busy machine caused is not captured: then it makes another.
func (c *captures) await(b *testing.B, probe *eventloop.Probe) {
	for range 20 {
		burn()
		select {
		case <-c.done:
			return
		case <-time.After(300 * time.Millisecond):
		}
	}
	b.Skipf("no stall was captured: %+v", probe.Snapshot().Stalls)
}

func (c *captures) report(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	for name, figures := range map[string][]float64{"whole-kB": c.whole, "cut-kB": c.cut, "write-ms": c.write, "name-ms": c.name} {
		slices.Sort(figures)
		b.ReportMetric(figures[len(figures)/2], name)
	}
	b.ReportMetric(float64(c.right)/float64(len(c.name)), "named")
}

// work does so many tasks a second until it is stopped.
func work(tasks int) (stop func()) {
	var group sync.WaitGroup
	done := make(chan struct{})
	group.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			for range tasks / 100 {
				result := make(chan string)
				group.Go(func() {
					time.Sleep(100 * time.Microsecond)
					result <- strings.Repeat("x", 64)
				})
				group.Go(func() { <-result })
			}
		}
	})
	return func() {
		close(done)
		group.Wait()
	}
}
