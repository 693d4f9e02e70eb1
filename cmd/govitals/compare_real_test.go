package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/compare"
	"github.com/govitals/govitals/internal/need"
)

// started runs a program until the test ends, and returns its first line.
func started(t *testing.T, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, program, args...)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	first := lines.Text()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for lines.Scan() { // or it would block
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-drained
		_ = command.Wait() // it was killed
	})
	return first
}

// services builds the example and runs it with a leak of series, of heap, and none.
func services(t *testing.T) (series, heap, stable string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "service")
	build := exec.Command("go", "build", "-o", program, "./examples/service")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("the example cannot be built here: %v\n%s", err, out)
	}
	var addresses []string
	for _, leak := range []string{"series", "heap", "none"} {
		line := started(t, program, "-listen", "127.0.0.1:0", "-leak", leak)
		address, found := strings.CutPrefix(line, "listening on ")
		if !found {
			t.Fatalf("the service says %q", line)
		}
		addresses = append(addresses, address)
	}
	return addresses[0], addresses[1], addresses[2]
}

// untilNamed compares until the first side is called worse, with some words in the
// reason: at first the difference is known and who is to blame is not.
func untilNamed(t *testing.T, words string, args ...string) (r compare.Result) {
	t.Helper()
	var code int
	var out, fault string
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(2 * time.Second) {
		code, out, fault = call(nil, append([]string{"compare", "--json"}, args...)...)
		if code != 1 || !strings.Contains(out, words) {
			continue
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if strings.HasPrefix(r.Summary, "CANARY WORSE. ") && strings.Contains(r.Summary, words) {
			return r
		}
	}
	t.Fatalf("%q ends with %d, want 1 and %q\n%s%s", args, code, words, out, fault)
	return r
}

// Two real processes, and a real Prometheus that scrapes them, name what is planted.
func TestPlantedLeaksAreNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program and takes half a minute of load")
	}
	series, heap, stable := services(t)
	t.Run("series", func(t *testing.T) {
		r := untilNamed(t, "Label http_requests_total{path} explains", series, stable)
		if r.Labels[0].Name != "http_requests_total{path}" || r.Labels[0].Share < 0.9 {
			t.Errorf("labels are %+v", r.Labels)
		}
	})
	t.Run("heap", func(t *testing.T) {
		r := untilNamed(t, "Allocations in main.(*auditLog).keep hold", heap, stable)
		if m := r.Measures[0]; m.Name != "live_growth" || m.Difference.Low <= 0 {
			t.Errorf("the growth is %+v", m)
		}
	})
	t.Run("the other way round", func(t *testing.T) {
		code, out, _ := call(nil, "compare", stable, series)
		if first, _, _ := strings.Cut(out, "\n"); code == 1 && strings.Contains(first, "Series") {
			t.Errorf("the stable side is blamed for series:\n%s", out)
		}
	})
	t.Run("prometheus", func(t *testing.T) {
		server := scrape(t, map[string][]string{"canary": {series}, "stable": {stable}})
		from := []string{"--prometheus", server, "--stable", `{track="stable"}`, "--window", "45s", "--warm-up", "1s", "--canary"}
		if r := untilNamed(t, "Label http_requests_total{path} explains", append(from, `track="canary"`)...); !r.ByClock {
			t.Error("it is said to be compared by age")
		}
		for labels, words := range map[string]string{`track="nobody"`: "nothing was scraped", `track=~"["`: "Prometheus says", "track": "use labels such as"} {
			code, _, fault := call(nil, append(append([]string{"compare"}, from...), labels)...)
			if code != 2 || !strings.Contains(fault, words) {
				t.Errorf("%s: %d, want 2 and %q: %s", labels, code, words, fault)
			}
		}
	})
}

// A target that is down counts as one without series in scrape_samples_scraped, and the
// processes of a side are no values of a label.
func TestPrometheusWithManyTargets(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for scrapes")
	}
	exports := func(requests int) string {
		return serve(t, func(w http.ResponseWriter, _ *http.Request) {
			for i := range 300 {
				fmt.Fprintf(w, "others{n=\"%d\"} 1\n", i)
			}
			for i := range requests {
				fmt.Fprintf(w, "requests{path=\"%d\",method=\"%d\"} 1\n", i%5, i/5)
			}
		})
	}
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	var canaries []string
	for range 8 {
		canaries = append(canaries, exports(20))
	}
	server := scrape(t, map[string][]string{"canary": canaries, "stable": {exports(1), down.URL}})
	var r compare.Result
	for end := time.Now().Add(time.Minute); len(r.Measures) == 0 && time.Now().Before(end); time.Sleep(time.Second) {
		_, out, _ := call(nil, "compare", "-json", "-window", "30s", "-prometheus", server, "-canary", `track="canary"`, "-stable", `track!="canary"`)
		r = compare.Result{}
		_ = json.Unmarshal([]byte(out), &r) // nothing yet
	}
	if len(r.Measures) == 0 || r.Measures[0].Name != "series" || r.Measures[0].Verdict != compare.Same {
		t.Errorf("320 series against 301 and a target that is down: %+v", r.Measures)
	}
	if len(r.Labels) == 0 || r.Labels[0].Name != "requests{path}" {
		t.Errorf("labels are %+v, want path", r.Labels)
	}
	code, _, fault := call(nil, "compare", "-window", "30s", "-prometheus", server, "-canary", `track="canary"`, "-stable", `job="service"`)
	if code != 2 || !strings.Contains(fault, "have 8 targets in common") {
		t.Errorf("a stable side that holds the canaries: %d, want 2 and who is on both: %s", code, fault)
	}
}

// scrape runs a Prometheus that scrapes targets once a second under their track.
func scrape(t *testing.T, targets map[string][]string) string {
	t.Helper()
	program := need.Prometheus(t)
	dir := t.TempDir()
	config := "global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: service\n  static_configs:\n"
	for track, addresses := range targets {
		list := strings.ReplaceAll(strings.Join(addresses, "','"), "http://", "")
		config += fmt.Sprintf("  - {targets: ['%s'], labels: {track: %s}}\n", list, track)
	}
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	log := logging(t, program, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if response, err := http.Get("http://" + address + "/-/ready"); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return "http://" + address
			}
		}
		if time.Now().After(end) {
			t.Fatalf("Prometheus does not get ready:\n%s", log())
		}
	}
}

// logging runs a program that says nothing on its standard output.
func logging(t *testing.T, program string, args ...string) (log func() string) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, args...)
	command.Stdout, command.Stderr = file, file
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
		_ = file.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return func() string {
		content, _ := os.ReadFile(file.Name())
		return string(content)
	}
}
