package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asProgram holds the flags of a test binary that is to be the program.
const asProgram = "GOVITALS_TEST_SERVICE"

func TestMain(m *testing.M) {
	if flags := os.Getenv(asProgram); flags != "" {
		if err := beProgram(strings.Fields(flags)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(exitCode(err))
		}
		return
	}
	os.Exit(m.Run())
}

// beProgram is main, until the standard input ends: Windows has no signal for that.
func beProgram(flags []string) error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	opts, err := parse(flags, os.Stderr)
	if err != nil {
		return err
	}
	return run(ctx, opts, os.Stdout)
}

// startAlone is start in a process of its own, whose heap and processors are not those
// of other tests. The program must end in order with the test.
func startAlone(t *testing.T, flags ...string) *service {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), asProgram+"=-listen 127.0.0.1:0 "+strings.Join(flags, " "))
	s := &service{out: &output{}}
	command.Stdout, command.Stderr = s.out, s.out
	life, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	s.stop = func() { _ = life.Close() }
	s.runs(command.Wait)
	t.Cleanup(func() {
		s.stop()
		if err := s.wait(); err != nil {
			t.Errorf("%v: the program ended with %v:\n%s", flags, err, s.out)
		}
	})
	return s
}
