package main

import (
	"bytes"
	"strings"
	"testing"
)

const output = `goos: linux
BenchmarkHit/1-set-2   100  7.5 ns/op   0.60 guarded/raw  0 allocs/hit  12 B/op
BenchmarkHit/1-set-2   100  7.1 ns/op   0.40 guarded/raw  0 allocs/hit  12 B/op
BenchmarkHit/1-set-2   100  7.3 ns/op   0.50 guarded/raw  0 allocs/hit  12 B/op
BenchmarkLag-2   5  90.0 idle-requests/s  0.95 timerfd/truth
BenchmarkHerd-2  3  123 otter-B/waiter  3.6 net/http/pprof-cpu-ms  0.03 Handler/net/http/pprof-cpu
PASS
`

func TestRatios(t *testing.T) {
	var out bytes.Buffer
	suite{question: "What?", benchmark: "Hit$", benchtime: "100x"}.write(&out, ratios([]byte(output)))
	for _, want := range []string{
		"| Hit/1-set | guarded/raw | 0.5 | 0.4 | 0.6 |\n", "| Lag | timerfd/truth | 0.95 | 0.95 | 0.95 |\n",
		"| Herd | Handler/net/http/pprof-cpu | 0.03 |",
		"go test -run '^$' -bench 'Hit$' -benchtime 100x -count 3",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	for _, amount := range []string{"allocs", "requests/s", "B/waiter", "-ms"} {
		if strings.Contains(out.String(), amount) {
			t.Errorf("%q is called a ratio in\n%s", amount, out.String())
		}
	}
}

func TestWrongArguments(t *testing.T) {
	for _, test := range []struct {
		area  string
		count int
		want  string
	}{{"(", 1, "-area"}, {"nowhere", 1, "none of the areas"}, {".", 0, "-count is 0"}} {
		if err := compare(t.Context(), &bytes.Buffer{}, test.area, test.count); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want %q", err, test.want)
		}
	}
}
