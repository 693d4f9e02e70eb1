package leakguard

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

// childEnv names the program that a child process is to be.
const childEnv = "LEAKGUARD_TEST_CHILD"

// children are programs that end with an exit code. Those with a test run it as
// a real test, whose failure is that of the process.
var children = map[string]func(t *testing.T){
	"clean":  func(t *testing.T) { Check(t); runAll(3, func() {}) },
	"fatal":  func(t *testing.T) { Check(t, Patience(0)); stay(); t.FailNow() },
	"skip":   func(t *testing.T) { Check(t, Patience(0)); stay(); t.SkipNow() },
	"panic":  func(t *testing.T) { Check(t, Patience(0)); stay(); panic("boo") },
	"bubble": func(t *testing.T) { synctest.Test(t, func(t *testing.T) { Check(t); stay() }) },
	"stuck": func(t *testing.T) { // would wait for a minute
		var none chan int
		Check(t, Patience(time.Minute))
		go func() { <-none }()
		go func() { none <- 1 }()
	},
	"proven": func(t *testing.T) { // the same
		if !stacks.CanProve() {
			t.Skip("needs GOEXPERIMENT=goroutineleakprofile")
		}
		Check(t, Patience(time.Minute))
		for range 3 {
			go waitFor(make(chan struct{}))
		}
	},
	"find": func(t *testing.T) {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt) // starts the loop of os/signal
		defer signal.Stop(c)
		runtime.GC() // starts workers
		fmt.Println(Find())
	},
	"line":    func(t *testing.T) { Check(t, Patience(0)); stay() },
	"unclean": func(*testing.T) { stay() },
}

//go:noinline
func stay() { go waitFor(make(chan struct{})) }

// TestChild is what children run.
func TestChild(t *testing.T) {
	name, _, _ := strings.Cut(os.Getenv(childEnv), "+")
	f := children[name]
	if f == nil {
		t.Skip("runs in a process of its own")
	}
	f(t)
}

// runner is a testing.M.
type runner func() int

func (r runner) Run() int { return r() }

// TestMain is that of this package, and of children that verify it.
func TestMain(m *testing.M) {
	name, option, _ := strings.Cut(os.Getenv(childEnv), "+")
	switch {
	case name == "", option == "check":
		os.Exit(m.Run())
	case option == "fail":
		VerifyTestMain(runner(func() int { m.Run(); return 3 }), Patience(20*time.Millisecond))
	case option == "ignore":
		VerifyTestMain(m, IgnoreEntry(here+"waitFor", 1), IgnoreCreator("nobody", 1))
	case option == "bad":
		VerifyTestMain(m, IgnorePattern("(", 1))
	case option == "before":
		stay()
		VerifyTestMain(m)
	default:
		VerifyTestMain(m, Patience(20*time.Millisecond))
	}
}

func child(t *testing.T, name string) (code int, output string) {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run=^TestChild$")
	command.Env = append(os.Environ(), childEnv+"="+name, "GOTRACEBACK=single")
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), string(out)
}

func TestProcesses(t *testing.T) {
	tests := []struct {
		child string
		code  int
		want  []string
	}{
		{"clean+main", 0, []string{"PASS"}},
		{"unclean+main", 1, []string{"PASS", "1 goroutine is left behind (scope: process", "leakguard.stay at "}},
		{"unclean+fail", 3, []string{"Tests had failed before (exit code 3)", "1 goroutine is left behind"}},
		{"clean+fail", 3, nil},
		{"unclean+ignore", 0, []string{`IgnoreCreator("nobody", 1) fits no goroutine`}},
		{"clean+before", 0, nil},
		{"clean+bad", 1, []string{"could not look", "missing closing )"}},
		{"fatal+check", 1, []string{"The test had failed before", "1 goroutine is left behind"}},
		{"skip+check", 1, []string{"1 goroutine is left behind"}},
		{"panic+check", 2, []string{"1 goroutine is left behind", "panic: boo"}},
		{"bubble+check", 2, []string{"1 goroutine is left behind (scope: bubble)", "blocked goroutines remain"}},
		{"stuck+check", 1, []string{"2 goroutines are left behind", "chan receive (nil chan), for ever", "chan send (nil chan), for ever"}},
		{"find+check", 0, []string{"no goroutine is left behind (scope: process)"}},
		{"line+check", 1, []string{"testmain_test.go:"}},
	}
	if stacks.CanProve() {
		proven := tests[0]
		proven.child, proven.code, proven.want = "proven+check", 1, []string{"3 goroutines [chan receive, for ever]"}
		tests = append(tests, proven)
	}
	for _, tt := range tests {
		t.Run(tt.child, func(t *testing.T) {
			t.Parallel()
			code, output := child(t, tt.child)
			if code != tt.code {
				t.Errorf("want exit code %d, got %d", tt.code, code)
			}
			for _, want := range tt.want {
				if !strings.Contains(output, want) {
					t.Errorf("want %q", want)
				}
			}
			if strings.Contains(output, "    check.go:") {
				t.Error("want the failure at the line of the test, not at one of leakguard")
			}
			if t.Failed() {
				t.Log(output)
			}
		})
	}
}

func TestVerifyTestMainWithoutM(t *testing.T) {
	defer func() {
		if said := fmt.Sprint(recover()); !strings.HasPrefix(said, "leakguard.VerifyTestMain: M is nil: ") {
			t.Errorf("want a panic with a sentence, got %q", said)
		}
	}()
	VerifyTestMain(nil)
}
