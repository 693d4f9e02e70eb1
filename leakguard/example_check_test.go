package leakguard_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/leakguard"
)

// In a test of an HTTP server, close what the test opened: the server, and the
// idle connections of its client.
func ExampleCheck_httptest() {
	test := func(t *testing.T) {
		leakguard.Check(t)
		server := httptest.NewServer(http.NotFoundHandler())
		t.Cleanup(server.Close) // closes the connections of server.Client too
		response, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	_ = test // TestServer
}

// In a table test, each case answers for itself; they may be parallel.
func ExampleCheck_table() {
	test := func(t *testing.T) {
		for _, tt := range []struct{ name, in string }{{"empty", ""}, {"one", "x"}} {
			t.Run(tt.name, func(t *testing.T) {
				leakguard.Check(t)
				t.Parallel()
				var group sync.WaitGroup
				group.Go(func() { _ = strings.ToUpper(tt.in) })
				group.Wait()
			})
		}
	}
	_ = test // TestTable
}

// In a fuzz target, each input is a test.
func ExampleCheck_fuzz() {
	fuzz := func(f *testing.F) {
		f.Add("seed")
		f.Fuzz(func(t *testing.T, in string) {
			leakguard.Check(t, leakguard.Patience(100*time.Millisecond))
			_ = strings.ToUpper(in)
		})
	}
	_ = fuzz // FuzzUpper
}

// In a benchmark, what is left after each of its rounds fails it.
func ExampleCheck_benchmark() {
	benchmark := func(b *testing.B) {
		leakguard.Check(b)
		for b.Loop() {
			ctx, cancel := context.WithTimeout(b.Context(), time.Second)
			_ = ctx
			cancel()
		}
	}
	_ = benchmark // BenchmarkContext
}

// What is meant to stay is let pass, by the option that a report prints.
func ExampleCheck_ignore() {
	test := func(t *testing.T) {
		leakguard.Check(t, leakguard.IgnoreCreator("example.com/app/pool.(*Pool).Start", 4))
	}
	_ = test // TestPool
}

func ExampleVerifyTestMain() {
	testMain := func(m *testing.M) {
		leakguard.VerifyTestMain(m)
	}
	_ = testMain // TestMain
}

// Find lists what began since a moment and is still there.
func ExampleFind() {
	done := make(chan struct{})
	mark := leakguard.Mark()
	for range 3 {
		go func() { <-done }()
	}
	report := leakguard.Find(leakguard.Since(mark), leakguard.Patience(10*time.Millisecond))
	for _, leak := range report.Leaks {
		fmt.Println(leak.Count, leak.State, leak.Site)
	}
	close(done)
	// Output:
	// 3 chan receive github.com/govitals/govitals/leakguard_test.ExampleFind.func1
}
