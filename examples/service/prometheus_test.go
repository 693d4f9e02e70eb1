package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/govitals/govitals/internal/need"
)

// startPrometheus starts a real server that scrapes the target once a second, and
// returns its address.
func startPrometheus(t *testing.T, target string) string {
	t.Helper()
	program := need.Prometheus(t)
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("scrape_configs:\n- job_name: service\n  scrape_interval: 1s\n  static_configs:\n  - targets: [%q]\n",
		strings.TrimPrefix(target, "http://"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	server := exec.Command(program, "--config.file="+config, "--storage.tsdb.path="+dir, "--web.listen-address="+address)
	log := &output{}
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if t.Failed() {
			t.Log(log)
		}
	})
	eventually(t, "Prometheus is ready", func() bool {
		response, err := http.Get("http://" + address + "/-/ready")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return "http://" + address
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// query evaluates an expression and returns the labels and values of the result.
func query(t *testing.T, server, expression string) map[string]string {
	t.Helper()
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	body := get(t, server+"/api/v1/query?query="+url.QueryEscape(expression))
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	values := map[string]string{}
	for _, series := range answer.Data.Result {
		delete(series.Metric, "__name__")
		delete(series.Metric, "instance")
		delete(series.Metric, "job")
		values[fmt.Sprint(series.Metric)] = fmt.Sprint(series.Value[1])
	}
	return values
}

func TestRealPrometheusScrapesTheService(t *testing.T) {
	s := start(t)
	server := startPrometheus(t, s.url)
	expressions := []string{
		"govitals_heap_live_bytes > 0",
		"govitals_heap_young_bytes",
		"govitals_heap_committed_bytes > govitals_heap_live_bytes",
		"rate(govitals_heap_allocated_bytes_total[10s]) > 0",
		"govitals_signal_value{signal=\"goroutines\"} > 1",
		"govitals_finding_state{signal=\"heap\"} == 1",
		"up == 1",
	}
	for _, expression := range expressions {
		eventually(t, expression+" has a result", func() bool { return len(query(t, server, expression)) > 0 })
	}
	if dropped := query(t, server, "govitals_export_dropped_total > 0"); len(dropped) > 0 {
		t.Errorf("samples were dropped: %v", dropped)
	}
}
