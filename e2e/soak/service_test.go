// Package soak_test runs the example service for a long time with everything on,
// and then treats it badly.
//
//	cd e2e && go test ./soak                                    a short run
//	cd e2e && go test ./soak -run TestSoak -timeout 2h -soak 1h the real one
//
// It needs Linux, for what /proc says of a process; the parts that need root skip
// themselves.
package soak_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/govitals/govitals/vitals"
)

// service is the example, running.
type service struct {
	t        *testing.T
	command  *exec.Cmd
	url      string
	captures string
	log      *lines
}

// programs is a directory for what all tests run. It ends with them.
var programs string

func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", "soak-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(programs)
	os.Exit(code)
}

var build = sync.OnceValues(func() (string, error) {
	program := filepath.Join(programs, "service")
	if output, err := exec.Command("go", "build", "-o", program, "github.com/govitals/govitals/examples/service").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, output)
	}
	return program, nil
})

// start runs the service with captures and state in a directory, until the test ends.
func start(t *testing.T, dir string, flags ...string) *service {
	t.Helper()
	return startIn(t, "", dir, flags...)
}

// startIn does so in a control group, if there is one.
func startIn(t *testing.T, group, dir string, flags ...string) *service {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, captures: filepath.Join(dir, "captures"), log: new(lines)}
	arguments := append([]string{
		program, "-listen", "127.0.0.1:0", "-rate", "300", "-captures", s.captures, "-state", filepath.Join(dir, "state"),
	}, flags...)
	if group != "" {
		arguments = append([]string{"sh", "-c", `echo $$ > "$0"/cgroup.procs && exec "$@"`, group}, arguments...)
	}
	s.command = exec.Command(arguments[0], arguments[1:]...)
	s.command.Stderr = s.log
	out, err := s.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	scanner := bufio.NewScanner(out)
	for scanner.Scan() && s.url == "" {
		fmt.Fprintln(s.log, scanner.Text())
		s.url = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(scanner.Text())
	}
	go func() { _, _ = io.Copy(s.log, out) }()
	if s.url == "" {
		t.Fatalf("the service did not say where it listens:\n%s", s.log)
	}
	return s
}

// end asks the service to stop and waits for it.
func (s *service) end() {
	_ = s.command.Process.Signal(syscall.SIGCONT)
	_ = s.command.Process.Signal(os.Interrupt)
	if err := s.command.Wait(); err != nil {
		s.t.Errorf("the service ended with %v", err)
	}
	if s.t.Failed() {
		s.t.Logf("the service said:\n%s", s.log)
	}
}

// get returns a page of the service.
func (s *service) get(path string) (string, error) {
	response, err := http.Get(s.url + path)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.200s", path, response.Status, body)
	}
	return string(body), err
}

func (s *service) report() (r vitals.Report) {
	s.t.Helper()
	body, err := s.get("/debug/vitals?format=json")
	if err == nil {
		err = json.Unmarshal([]byte(body), &r)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// metric returns the sum of all series of a name.
func (s *service) metric(name string) (sum float64) {
	s.t.Helper()
	for _, x := range s.values(name) {
		sum += x
	}
	return sum
}

// values returns all series of a name, or of a name and the beginning of its labels.
func (s *service) values(name string) (values []float64) {
	s.t.Helper()
	body, err := s.get("/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(body) {
		rest, found := strings.CutPrefix(strings.TrimSpace(line), name)
		at := strings.LastIndexByte(rest, ' ') // a label may hold spaces, a value does not
		if found && at >= 0 && (at == 0 || rest[0] == '{' || strings.Contains(name, "{")) {
			value := rest[at+1:]
			x, _ := strconv.ParseFloat(value, 64)
			values = append(values, x)
		}
	}
	return values
}

// lines keeps the end of what a process says.
type lines struct {
	mu   sync.Mutex
	text []byte
}

const keptBytes = 16 << 10

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	l.text = l.text[max(0, len(l.text)-keptBytes):]
	return len(p), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// patience is how long a condition may take to hold: what is written once a minute is
// waited for.
const patience = 90 * time.Second

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within %v: %s", patience, what)
}
