package leakguard_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/leakguard"
)

// printing is a T that prints the first line of what fails. In a test it is t.
type printing struct{}

func (printing) Errorf(format string, args ...any) {
	lines := strings.SplitN(fmt.Sprintf(format, args...), "\n", 3)
	said, _, _ := strings.Cut(strings.Join(lines[:min(2, len(lines))], "\n"), ", created by")
	fmt.Println(said)
}

func (printing) Cleanup(func()) {}

func ExampleLoop() {
	t := printing{}
	block := make(chan struct{})
	defer close(block)

	leakguard.Loop(t, 50, func() {
		go func() { <-block }()
	}, leakguard.Patience(10*time.Millisecond))
	// Output:
	// leakguard.Loop: with each of 50 iterations
	//   +1 goroutines, 50 left
}

// The server and its connection are there once: no leak.
func ExampleLoop_httptest() {
	var t *testing.T // of the test

	_ = func() {
		server := httptest.NewServer(http.NotFoundHandler())
		defer server.Close()
		leakguard.Loop(t, 50, func() {
			response, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
		})
	}
}

// Each iteration may start one thread and keep 2 KiB; descriptors and the rest
// must not grow.
func ExampleBudget_loop() {
	leakguard.Loop(printing{}, 50, func() {
		// …
	}, leakguard.Budget{HeapBytes: 2 << 10, HeapObjects: 20, Threads: 1})
	// Output:
}

// A test may leave two descriptors and a quarter of a MiB.
func ExampleBudget() {
	var t *testing.T // of the test

	_ = func() {
		leakguard.Check(t, leakguard.Budget{FDs: 2, HeapBytes: 256 << 10})
	}
}

// The series of a Prometheus registry are counted by what Gather returns.
func ExampleBudget_series() {
	type family interface{ GetMetric() []any }
	gather := func() ([]family, error) { return nil, nil } // registry.Gather

	count := func() (n int, err error) {
		families, err := gather()
		for _, f := range families {
			n += len(f.GetMetric())
		}
		return n, err
	}
	leakguard.Loop(printing{}, 50, func() {
		// requests with many paths
	}, leakguard.Budget{SeriesCount: count})
	// Output:
}

// What was there when the check was introduced is listed in a file.
func ExampleBudgetFile() {
	var m *testing.M // of TestMain

	_ = func() { leakguard.VerifyTestMain(m, leakguard.BudgetFile("testdata/leaks.txt")) }
}
