package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// output is what the program prints, readable while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// service is the program, running.
type service struct {
	url   string
	out   *output
	stop  func()
	ended chan struct{}
	err   error // once it has ended
}

// wait returns how the program ended.
func (s *service) wait() error {
	<-s.ended
	return s.err
}

// runs notes how the program ends.
func (s *service) runs(program func() error) {
	s.ended = make(chan struct{})
	go func() {
		defer close(s.ended)
		s.err = program()
	}()
}

func (s *service) hasEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

var address = regexp.MustCompile(`listening on (http://\S+)`)

// start runs the program as main does, with the given flags.
func start(t *testing.T, flags ...string) *service {
	t.Helper()
	opts, err := parse(append([]string{"-listen", "127.0.0.1:0"}, flags...), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := &service{out: &output{}, stop: cancel}
	s.runs(func() error { return run(ctx, opts, s.out) })
	t.Cleanup(func() { cancel(); <-s.ended })
	s.listens(t)
	return s
}

// listens waits until the program has said where.
func (s *service) listens(t *testing.T) {
	t.Helper()
	eventually(t, "it listens, or has ended", func() bool { return address.MatchString(s.out.String()) || s.hasEnded() })
	said := address.FindStringSubmatch(s.out.String())
	if said == nil {
		t.Fatalf("the program ended before it listened:\n%s", s.out)
	}
	s.url = said[1]
}

// reports waits until the report says something that the expression matches.
func (s *service) reports(t *testing.T, expression string) {
	t.Helper()
	words := regexp.MustCompile(expression)
	eventually(t, "the report says "+expression, func() bool { return words.MatchString(get(t, s.url+"/debug/vitals")) })
}

// eventually waits for real work, which no fake clock can hurry.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	const patience = 5 * time.Minute // the machine may be busy with something else for long
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond) // a report may cost as much as there are series
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not after %v: %s", patience, what)
		}
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v\n%s", url, response.Status, err, body)
	}
	return string(body)
}

var verdictLine = regexp.MustCompile(`(?m)^ *\d+s +(\d+) req +(.+)$`)

func TestVerdictLinesChangeAsLoadRuns(t *testing.T) {
	t.Parallel()
	s := start(t, "-every", "200ms")
	var lines [][]string
	eventually(t, "three verdict lines about live memory", func() bool {
		lines = verdictLine.FindAllStringSubmatch(s.out.String(), -1)
		last := len(lines) - 1 // where the machine is busy with something else, the service lags
		return last >= 2 && (strings.Contains(lines[last][2], "Live memory") || strings.Contains(lines[last][2], "LAGGING"))
	})
	if first, last := lines[0], lines[len(lines)-1]; first[1] == last[1] || first[2] == last[2] {
		t.Errorf("the lines do not change:\n%s", s.out)
	}
	for _, place := range []string{"/debug/vitals", "/debug/heap", "/metrics"} {
		if !strings.Contains(s.out.String(), s.url+place) {
			t.Errorf("the program does not say where to look: %s", place)
		}
	}
}

func TestMetricsPassTheLinter(t *testing.T) {
	t.Parallel()
	s := start(t)
	eventually(t, "live memory is known", func() bool {
		return strings.Contains(get(t, s.url+"/metrics"), "govitals_heap_live_bytes")
	})
	problems, err := promlint.New(strings.NewReader(get(t, s.url+"/metrics"))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}

func TestStopsByItself(t *testing.T) {
	t.Parallel()
	s := start(t, "-for", "300ms")
	if err := s.wait(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(s.out.String(), "0 failed") {
		t.Errorf("requests failed:\n%s", s.out)
	}
}

func TestInterruptIsACleanEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	eventually(t, "load runs", func() bool { return strings.Contains(get(t, s.url+"/metrics"), `route="GET /report"`) })
	s.stop()
	if err := s.wait(); err != nil {
		t.Error(err)
	}
}

func TestScarceMemoryIsAGracefulRestart(t *testing.T) {
	t.Parallel()
	s := start(t, "-restart-at", "1") // any process is larger
	err := s.wait()
	if !errors.Is(err, errRestart) || !strings.Contains(err.Error(), "of 1.00 MiB") || exitCode(err) != 75 {
		t.Errorf("it ended with %v (exit code %d), want a restart that says why", err, exitCode(err))
	}
	if !strings.Contains(s.out.String(), " 0 failed") {
		t.Errorf("requests failed:\n%s", s.out)
	}
}

func TestUsedPortIsSaidClearly(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	opts := options{listen: listener.Addr().String(), leak: leakNone, every: time.Second}
	err = run(t.Context(), opts, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "in use") || !strings.Contains(err.Error(), "-listen") {
		t.Errorf("error is %v, want one that says what is wrong and what to do", err)
	}
}

func TestWrongFlagsAreNamed(t *testing.T) {
	cases := [][]string{
		{"-leak", "everything"}, {"-trouble", "all"}, {"-rate", "-1"}, {"-rate", "NaN"}, {"-rate", "1e9"},
		{"-for", "-1s"}, {"-every", "1ms"}, {"surplus"},
	}
	for _, args := range cases {
		_, err := parse(args, io.Discard)
		if err == nil || !strings.Contains(err.Error(), args[0]) {
			t.Errorf("%q: error is %v, want one that names %q", args, err, args[0])
		}
	}
}
