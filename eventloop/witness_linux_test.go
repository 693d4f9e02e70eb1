package eventloop

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStoppedProcessSaysFrozen(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some tenths of a second")
	}
	var said string
	for range 5 { // what else runs on the machine can delay the child as well
		if said = stopAChild(t); strings.HasPrefix(said, "CAUSE frozen") {
			return
		}
	}
	t.Errorf("a process that was stopped for 200 ms says %q", said)
}

func stopAChild(t *testing.T) (said string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run", "^TestWitnessChild$", "-test.v")
	child.Env = append(os.Environ(), stoppedAs+"=1")
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	for lines := bufio.NewScanner(output); lines.Scan(); {
		switch {
		case strings.HasPrefix(lines.Text(), "READY"):
			time.Sleep(50 * time.Millisecond)
			child.Process.Signal(syscall.SIGSTOP)
			time.Sleep(200 * time.Millisecond)
			child.Process.Signal(syscall.SIGCONT)
		case strings.HasPrefix(lines.Text(), "CAUSE"):
			said = lines.Text()
		}
	}
	return said
}
