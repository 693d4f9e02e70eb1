package fleet

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// buildProgram builds the package in dir, a directory of this repository.
func buildProgram(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), filepath.Base(dir))
	command := exec.Command("go", "build", "-o", program, ".")
	command.Dir = filepath.Join("../..", dir)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go build in %s: %v\n%s", dir, err, output)
	}
	return program
}

// startService runs examples/service until the test ends and returns its address.
func startService(t *testing.T, program string, flags ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, program, append([]string{"-listen", "127.0.0.1:0"}, flags...)...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	command.Env = append(os.Environ(), "GOMEMLIMIT=1GiB") // so that there is a limit to come near to
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	t.Cleanup(func() {
		cancel()
		for lines.Scan() { // what it says at its end must not block it
		}
		_ = command.Wait()
	})
	for lines.Scan() {
		if address, found := strings.CutPrefix(lines.Text(), "listening on http://"); found {
			return address
		}
	}
	t.Fatalf("%s %v did not say where it listens", program, flags)
	return ""
}
