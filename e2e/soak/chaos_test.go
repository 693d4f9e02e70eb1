package soak_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/govitals/govitals/vitals"
)

// requestsTotal counts what the service has answered: nothing may get lost of it.
const requestsTotal = "govitals_inflight_duration_seconds_count"

// goesOn checks that the service still answers and counts, from where it was.
func (s *service) goesOn(before float64) {
	s.t.Helper()
	if now := s.metric(requestsTotal); now < before {
		s.t.Errorf("%s was %v and is %v", requestsTotal, before, now)
	}
	eventually(s.t, "further requests are answered and counted", func() bool { return s.metric(requestsTotal) > before+300 })
}

func says(r vitals.Report, signal, text string) bool {
	for _, f := range r.Findings {
		if f.Signal == signal && strings.Contains(f.Summary, text) {
			return true
		}
	}
	return false
}

func TestStopped(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	eventually(t, "requests are counted", func() bool { return s.metric(requestsTotal) > 300 })
	before, stalls := s.metric(requestsTotal), s.metric("govitals_eventloop_stalls_total")
	_ = s.command.Process.Signal(syscall.SIGSTOP)
	time.Sleep(2 * time.Second)
	_ = s.command.Process.Signal(syscall.SIGCONT)
	s.goesOn(before)
	eventually(t, "the stop is counted as a stall", func() bool { return s.metric("govitals_eventloop_stalls_total") > stalls })
}

// TestStorm has two hundred clients ask for every page at the same time.
func TestStorm(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	eventually(t, "requests are counted", func() bool { return s.metric(requestsTotal) > 300 })
	before, resident := s.metric(requestsTotal), s.usage().anonymous
	var answered, refused, failed atomic.Int64
	var clients sync.WaitGroup
	until := time.Now().Add(4 * time.Second)
	for i := range 200 {
		page := []string{"/metrics", "/debug/vitals", "/debug/heap", "/debug/heap?format=text"}[i%4]
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for time.Now().Before(until) {
				response, err := client.Get(s.url + page)
				if err != nil {
					failed.Add(1)
					continue
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				if response.StatusCode == http.StatusOK {
					answered.Add(1)
				} else {
					refused.Add(1)
				}
			}
		})
	}
	clients.Wait()
	t.Logf("%d answered, %d refused, %d failed", answered.Load(), refused.Load(), failed.Load())
	if answered.Load() == 0 {
		t.Error("nobody got a page")
	}
	s.goesOn(before)
	if grown := s.usage().anonymous - resident; grown > 128<<20 {
		t.Errorf("memory grew by %.0f bytes in the storm", grown)
	}
	eventually(t, "the descriptors of the clients are given back", func() bool { return s.usage().files < 60 })
}

// TestFullDisk gives the service a disk of which nothing is left.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if output, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "soak", dir).CombinedOutput(); err != nil {
		t.Skipf("it mounts a small file system, which takes root: %v: %s", err, output)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	if err := os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 48<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, dir, "-leak", "heap")
	eventually(t, "requests are counted", func() bool { return s.metric(requestsTotal) > 300 })
	before := s.metric(requestsTotal)
	eventually(t, "the report says that nothing can be written", func() bool { return says(s.report(), "setup", "no space left") })
	s.goesOn(before)
}

// TestLimitLowered lowers the memory limit of the group of the process while it runs.
func TestLimitLowered(t *testing.T) {
	t.Parallel()
	group, limit := "/sys/fs/cgroup/memory/govitals-soak", "memory.limit_in_bytes"
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		group, limit = "/sys/fs/cgroup/govitals-soak", "memory.max"
	}
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Skipf("it makes a control group, which takes root and a writable hierarchy: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Rmdir(group) })
	s := startIn(t, group, t.TempDir())
	before := s.metric(requestsTotal)
	for _, bytes := range []float64{1 << 30, 256 << 20} {
		if err := os.WriteFile(filepath.Join(group, limit), fmt.Appendf(nil, "%.0f", bytes), 0o600); err != nil {
			t.Skipf("the limit cannot be set: %v", err)
		}
		eventually(t, fmt.Sprintf("the limit of %.0f bytes is seen", bytes), func() bool {
			return slices.Contains(s.values("govitals_heap_limit_bytes"), bytes)
		})
	}
	s.goesOn(before)
}
