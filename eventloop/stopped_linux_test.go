package eventloop

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const asChild = "GOVITALS_EVENTLOOP_CHILD"

// TestStoppedChild is the process that TestAProcessThatWasStopped stops.
func TestStoppedChild(t *testing.T) {
	if os.Getenv(asChild) == "" {
		t.Skip("it has nothing to do by itself")
	}
	p, err := New(Config{IdlePeriod: 10 * ms})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	fmt.Println("READY")
	var line string
	_, _ = fmt.Scanln(&line)
	s := p.Snapshot()
	for range 400 { // the tick of the stall may come after the line, and is explained after it is recorded
		if s.Max > 100*ms && len(s.Stalls) > 0 {
			break
		}
		time.Sleep(5 * ms)
		s = p.Snapshot()
	}
	cause, _ := s.causes.worst()
	fmt.Printf("SAW %d %d %d %s\n", s.Max, s.Ticks, s.Elapsed, cause)
}

// What else runs on the machine can delay the child as well, and be the cause then.
func TestAProcessThatWasStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("it stops a process for 300 ms")
	}
	var cause Cause
	for range 5 {
		if cause = stopAChild(t); cause == CauseFrozen {
			return
		}
	}
	t.Errorf("a process that was stopped says %q, want frozen", cause)
}

// stopAChild stops a process for a while, looks at what it saw and returns the cause.
func stopAChild(t *testing.T) (cause Cause) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a child that hangs would hold up all tests
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run", "^TestStoppedChild$", "-test.v")
	cmd.Env = append(os.Environ(), asChild+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	lines := bufio.NewScanner(out)
	lineOf(t, lines, "READY")
	time.Sleep(50 * ms)
	before := time.Now()
	_ = cmd.Process.Signal(syscall.SIGSTOP)
	time.Sleep(300 * ms)
	stopped := time.Since(before) // at least this much of it, unless the signal took long
	_ = cmd.Process.Signal(syscall.SIGCONT)
	_, _ = in.Write([]byte("\n"))
	saw := lineOf(t, lines, "SAW")
	var longest, elapsed time.Duration
	var ticks int
	if _, err := fmt.Sscanf(saw, "SAW %d %d %d %s", &longest, &ticks, &elapsed, &cause); err != nil {
		t.Fatalf("%v: %q", err, saw)
	}
	if longest < stopped*3/4 || longest > 2*stopped+200*ms {
		t.Errorf("stopped for %v, the probe saw %v", stopped, longest)
	}
	if want := int(elapsed / (10 * ms)); ticks < want*2/3 || ticks > want+1 {
		t.Errorf("%d ticks in %v, want one each 10ms", ticks, elapsed)
	}
	return cause
}

// lineOf returns the next line that begins with a word.
func lineOf(t *testing.T, lines *bufio.Scanner, word string) string {
	t.Helper()
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), word) {
			return lines.Text()
		}
	}
	t.Fatalf("the child never said %s", word)
	return ""
}
