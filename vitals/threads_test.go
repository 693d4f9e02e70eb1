//go:build unix

package vitals

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

// TestThreadPerTaskChild is not a test: the next one runs it in a process of its
// own, for its threads stay. Its tasks, goroutines and threads are real and begin
// outside of the bubble; only the clock of vitals is not.
func TestThreadPerTaskChild(t *testing.T) {
	kind := os.Getenv(threadPerTask)
	if kind == "" {
		t.Skip("runs as a child of TestThreadPerTaskIsCaughtAtItsGoStatement")
	}
	tasks := make(chan struct{})
	defer close(tasks)
	go refresh(kind, tasks)
	inBubble(t, Config{Resolution: 100 * time.Millisecond}, func(t *testing.T, v *Vitals) {
		for range 120 {
			tasks <- struct{}{}
			time.Sleep(time.Second)
			synctest.Wait()
		}
		for _, f := range v.Report().Findings {
			for _, c := range f.Culprits {
				fmt.Printf("CULPRIT %s %s %s %s:%d\n", f.Signal, f.State, strings.ReplaceAll(c.Name, " ", ""), c.File, c.Line)
			}
			fmt.Println(f.Signal, f.State, f.Summary, f.How)
		}
	})
}

// refresh is the periodic task that starts a thread each run.
func refresh(kind string, tasks <-chan struct{}) {
	for range tasks {
		started := make(chan struct{})
		switch kind {
		case "syscall":
			go readForEver(started) // THE GO STATEMENT
		case "locked":
			go waitLocked(started) // THE GO STATEMENT
		}
		<-started
	}
}

// readForEver sits in a system call: nobody writes to the pipe.
func readForEver(started chan<- struct{}) {
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		panic(err)
	}
	close(started)
	_, _ = syscall.Read(pipe[0], make([]byte, 1))
}

// waitLocked keeps the thread that it is locked to.
func waitLocked(started chan<- struct{}) {
	runtime.LockOSThread()
	close(started)
	<-make(chan struct{})
}

func TestThreadPerTaskIsCaughtAtItsGoStatement(t *testing.T) {
	t.Parallel()
	lines := goStatements(t)
	for i, kind := range []string{"syscall", "locked"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			child := exec.Command(os.Args[0], "-test.run=^TestThreadPerTaskChild$")
			child.Env = append(os.Environ(), threadPerTask+"="+kind, "GORACE=atexit_sleep_ms=0")
			output, err := child.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			caught := map[string]string{}
			for line := range strings.Lines(string(output)) {
				fields := strings.Fields(line)
				if len(fields) == 5 && fields[0] == "CULPRIT" && strings.HasSuffix(fields[4], "threads_test.go:"+strconv.Itoa(lines[i])) {
					caught[fields[1]] = fields[2]
				}
			}
			for _, signal := range []string{"threads", "goroutines"} {
				if caught[signal] != finding.Leaking.String() {
					t.Errorf("%s is %q with line %d as the culprit, want leak\n%s", signal, caught[signal], lines[i], output)
				}
			}
		})
	}
}

// goStatements returns the lines of the two go statements.
func goStatements(t *testing.T) (lines []int) {
	t.Helper()
	source, err := os.ReadFile("threads_test.go")
	if err != nil {
		t.Fatal(err)
	}
	number := 0
	for line := range strings.Lines(string(source)) {
		if number++; strings.HasSuffix(line, "// THE GO STATEMENT\n") {
			lines = append(lines, number)
		}
	}
	return lines
}
