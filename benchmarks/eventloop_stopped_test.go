//go:build linux

package benchmarks

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/govitals/govitals/eventloop"
)

// beStopped says what a probe saw while the process was stopped.
func beStopped(t *testing.T) {
	p, err := eventloop.New(eventloop.Config{IdlePeriod: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	time.Sleep(50 * time.Millisecond)
	before := p.Snapshot()
	fmt.Println("READY")
	var line string
	fmt.Scanln(&line)
	time.Sleep(50 * time.Millisecond)
	w := p.Snapshot().Sub(before)
	fmt.Printf("SAW %d %d\n", p.Snapshot().Max, w.Missed)
}

// BenchmarkLagStopped stops a process for a while and compares what its probe saw
// with how long it was.
//
//	go test -run '^$' -bench LagStopped -benchtime 10x
func BenchmarkLagStopped(b *testing.B) {
	var off []float64
	for b.Loop() {
		off = append(off, stopOnce(b))
	}
	slices.Sort(off)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(off), "off-ms")
	b.ReportMetric(off[len(off)-1], "off-most-ms")
	b.ReportMetric(off[0], "off-least-ms")
}

// stopOnce returns by how many milliseconds the probe saw too little.
func stopOnce(b *testing.B) float64 {
	cmd := child("stopped")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	buffer := make([]byte, 4096)
	said := ""
	hear := func(word string) {
		for !strings.Contains(said, word) {
			n, err := out.Read(buffer)
			if err != nil {
				b.Fatalf("%v after %q", err, said)
			}
			said += string(buffer[:n])
		}
	}
	hear("READY")
	start := monotonic()
	_ = cmd.Process.Signal(syscall.SIGSTOP)
	time.Sleep(200 * time.Millisecond)
	_ = cmd.Process.Signal(syscall.SIGCONT)
	stopped := monotonic() - start
	_, _ = in.Write([]byte("\n"))
	hear("PASS")
	var max, missed int64
	_, figures, _ := strings.Cut(said, "SAW ")
	if _, err := fmt.Sscan(figures, &max, &missed); err != nil {
		b.Fatalf("%v in %q", err, said)
	}
	_ = cmd.Wait()
	return float64(stopped-max) / 1e6
}
