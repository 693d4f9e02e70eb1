// Package promtest runs a real Prometheus server for a test and asks it questions.
//
//	server := promtest.Start(t, "127.0.0.1:8080")
//	server.Eventually("govitals_heap_live_bytes > 0")
//
// [Run] takes several targets with labels, and rules.
//
// The test is skipped, or fails, where there is no Prometheus: see package need.
//
// # Cost
//
// About a second for the start; the server scrapes once a second.
//
// # What it cannot see
//
// How other versions of Prometheus behave than the one that is installed.
package promtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/need"
)

// patience is how long Eventually and the start may take.
const patience = 3 * time.Minute

// Server is a running Prometheus.
type Server struct {
	t   testing.TB
	url string
}

// Start runs a server that scrapes the target, an address with or without
// "http://", until the test ends. flags are added to its command line.
func Start(t testing.TB, target string, flags ...string) *Server {
	t.Helper()
	return Run(t, Config{Targets: []Target{{Address: target}}, Flags: flags})
}

// Run runs a server until the test ends.
func Run(t testing.TB, c Config) *Server {
	t.Helper()
	program, dir, address := need.Prometheus(t), t.TempDir(), freeAddress(t)
	command := exec.Command(program, append([]string{
		"--config.file=" + c.write(t, dir), "--storage.tsdb.path=" + dir, "--web.listen-address=" + address,
	}, c.Flags...)...)
	ended := run(t, command, filepath.Join(dir, "log"))
	s := &Server{t: t, url: "http://" + address}
	s.wait("Prometheus is ready", func() bool {
		select {
		case <-ended:
			t.Fatal("Prometheus has ended: see what it said")
		default:
		}
		_, err := s.get("/-/ready")
		return err == nil
	})
	return s
}

// URL is where the server answers.
func (s *Server) URL() string { return s.url }

// run starts the command and ends it with the test, whose log gets its output if
// the test has failed. The channel is closed when the command has ended.
func run(t testing.TB, command *exec.Cmd, log string) (ended <-chan struct{}) {
	t.Helper()
	output, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = command.Wait()
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-gone
		_ = output.Close()
		if text, err := os.ReadFile(log); t.Failed() && err == nil {
			t.Logf("Prometheus said:\n%s", text)
		}
	})
	return gone
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// Query evaluates an expression now. The result has one value for each series,
// under its labels without those of the scrape.
func (s *Server) Query(expression string) map[string]string {
	s.t.Helper()
	body, err := s.get("/api/v1/query?query=" + url.QueryEscape(expression))
	if err != nil {
		s.t.Fatalf("%s: %v", expression, err)
	}
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		s.t.Fatalf("%s: %v in %s", expression, err, body)
	}
	values := map[string]string{}
	for _, series := range answer.Data.Result {
		for _, label := range []string{"__name__", "instance", "job"} {
			delete(series.Metric, label)
		}
		values[fmt.Sprint(series.Metric)] = fmt.Sprint(series.Value[1])
	}
	return values
}

// Eventually waits until the expression has a result, and returns it.
func (s *Server) Eventually(expression string) (values map[string]string) {
	s.t.Helper()
	s.wait(expression+" has a result", func() bool {
		values = s.Query(expression)
		return len(values) > 0
	})
	return values
}

func (s *Server) wait(what string, condition func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for !condition() {
		if time.Now().After(deadline) {
			s.t.Fatalf("not within %v: %s", patience, what)
		}
		<-time.After(50 * time.Millisecond)
	}
}

func (s *Server) get(path string) ([]byte, error) {
	response, err := http.Get(s.url + path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	return body, err
}
