package benchmarks

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fortytw2/leaktest"
	"go.uber.org/goleak"

	"github.com/govitals/govitals/leakguard"
)

const (
	crowdSize    = 200
	crowdChecker = "LEAKCHECK_CROWD_CHECKER"
	crowdLeaker  = "LEAKCHECK_CROWD_LEAKER"
)

// TestLeakcheckParallel runs 200 parallel tests at once, each with a check of
// its own, of which one leaks: that one has to fail. The table shows who blames
// whom. It takes two minutes, of which goleak needs most.
//
//	go test -run TestLeakcheckParallel -v -leakruns 3
func TestLeakcheckParallel(t *testing.T) {
	if *leakRuns == 0 {
		t.Skip("runs tests only with -leakruns 3")
	}
	fmt.Println("| 200 parallel tests, of which one leaks | the leaking one fails | others that fail | whole run |")
	fmt.Println("|---|---|---|---|")
	for _, checker := range []string{"leakguard", "goleak", "leaktest"} {
		var right int
		var wrong, took []float64
		for round := range *leakRuns {
			leaker := rand.IntN(crowdSize)
			failed, duration := runCrowd(t, checker, leaker)
			blamed := slices.Contains(failed, leaker)
			others := len(failed)
			if blamed {
				right++
				others--
			}
			wrong, took = append(wrong, float64(others)), append(took, float64(duration))
			if checker == "leakguard" && (!blamed || others > 0) {
				t.Errorf("round %d: test %d leaks, those that fail are %v", round, leaker, failed)
			}
		}
		fmt.Printf("| %s | %d of %d | %v | %v |\n", checker, right, *leakRuns, wrong, time.Duration(median(took)).Round(time.Millisecond))
	}
}

var crowdFailure = regexp.MustCompile(`(?m)^ *--- FAIL: TestLeakcheckCrowd/(\d+) `)

// runCrowd returns the tests that fail.
func runCrowd(t *testing.T, checker string, leaker int) (failed []int, took time.Duration) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestLeakcheckCrowd$", "-test.parallel="+strconv.Itoa(crowdSize))
	cmd.Env = append(os.Environ(), crowdChecker+"="+checker, crowdLeaker+"="+strconv.Itoa(leaker))
	start := time.Now()
	out, err := cmd.CombinedOutput()
	took = time.Since(start)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || strings.Contains(string(out), "panic:") {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, match := range crowdFailure.FindAllStringSubmatch(string(out), -1) {
		i, err := strconv.Atoi(match[1])
		if err != nil {
			t.Fatal(err)
		}
		failed = append(failed, i)
	}
	return failed, took
}

// TestLeakcheckCrowd is what the child process runs.
func TestLeakcheckCrowd(t *testing.T) {
	checker := os.Getenv(crowdChecker)
	if checker == "" {
		t.Skip("is run by TestLeakcheckParallel")
	}
	leaker, err := strconv.Atoi(os.Getenv(crowdLeaker))
	if err != nil {
		t.Fatal(err)
	}
	for i := range crowdSize {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			crowdCheck(t, checker)
			crowdWork(i == leaker)
		})
	}
}

func crowdCheck(t *testing.T, checker string) {
	t.Helper()
	switch checker {
	case "leakguard":
		leakguard.Check(t)
	case "goleak":
		before := goleak.IgnoreCurrent()
		t.Cleanup(func() { goleak.VerifyNone(t, before) })
	case "leaktest":
		t.Cleanup(leaktest.CheckTimeout(t, leakguard.DefaultPatience))
	}
}

// crowdWork is the same for all tests: goroutines with children, some of which
// end only after the test. One test forgets to stop a child whose parent has
// gone.
func crowdWork(leaks bool) {
	stop, done := make(chan struct{}), make(chan struct{})
	for range 3 {
		go func() {
			go func() {
				time.Sleep(rand.N(100 * time.Millisecond))
				<-stop
			}()
			time.Sleep(rand.N(20 * time.Millisecond))
			done <- struct{}{}
		}()
	}
	for range 3 {
		<-done
	}
	if leaks {
		crowdKept = stop
		return
	}
	close(stop)
}

var crowdKept chan struct{}
