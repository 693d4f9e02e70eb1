package cgroup

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestThrottlingAgreesWithStat(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		path  string
	}{
		"v2, the quota is the ancestor's": {[]string{
			"proc/self/cgroup", "0::/pod/c\n", "proc/self/mountinfo", mountV2,
			"sys/fs/cgroup/pod/cpu.max", "50000 100000\n", "sys/fs/cgroup/pod/cpu.stat", statV2,
			"sys/fs/cgroup/pod/c/cpu.max", "max 100000\n", "sys/fs/cgroup/pod/c/cpu.stat", "nr_throttled 0\nthrottled_usec 0\n",
		}, "/sys/fs/cgroup/pod/cpu.stat"},
		"v1": {[]string{
			"proc/self/cgroup", groupsCPUV1, "proc/self/mountinfo", mountCPUV1,
			"sys/fs/cgroup/cpu/app/worker/cpu.cfs_quota_us", "50000", "sys/fs/cgroup/cpu/app/worker/cpu.cfs_period_us", "100000",
			"sys/fs/cgroup/cpu/app/worker/cpu.stat", statV1,
		}, "/sys/fs/cgroup/cpu/app/worker/cpu.stat"},
	} {
		t.Run(name, func(t *testing.T) {
			cpu, err := FindCPU(files(c.files...))
			if err != nil {
				t.Fatal(err)
			}
			path, err := cpu.ThrottlingFile()
			if err != nil || path != c.path {
				t.Fatalf("the file is %q, error %v; want %q", path, err, c.path)
			}
			content := c.files[slices.Index(c.files, path[1:])+1]
			got, err := ParseThrottling([]byte(content))
			stat, _ := cpu.Stat()
			if err != nil || got.Periods != stat.Throttled || got.Time != stat.ThrottledTime || got.Time != 45*time.Second {
				t.Errorf("%+v, error %v; Stat says %+v", got, err, stat)
			}
		})
	}
}

func TestNoQuotaHasNoThrottlingFile(t *testing.T) {
	cpu, err := FindCPU(files("proc/self/cgroup", "0::/a\n", "proc/self/mountinfo", mountV2, "sys/fs/cgroup/a/cpu.max", "max 100000\n"))
	if err != nil {
		t.Fatal(err)
	}
	if path, err := cpu.ThrottlingFile(); path != "" || err != nil {
		t.Errorf("the file is %q, error %v; want none", path, err)
	}
}

func TestThrottlingFaults(t *testing.T) {
	for _, text := range []string{"", "nr_throttled 3\n", "throttled_usec 5\n", "nr_throttled x\nthrottled_usec 5\n", "nr_throttled 1\nthrottled_usec -5\n", "\x00"} {
		if got, err := ParseThrottling([]byte(text)); err == nil || got != (Throttling{}) {
			t.Errorf("%q gives %+v, error %v; want an error", text, got, err)
		}
	}
	content := []byte(statV2)
	if n := testing.AllocsPerRun(50, func() {
		if _, err := ParseThrottling(content); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("parsing allocates %v times, want 0", n)
	}
}

func TestPressureAgreesWithStalled(t *testing.T) {
	if got, err := ParsePressure([]byte(pressureV2)); err != nil || got != 1500*time.Millisecond {
		t.Errorf("pressure is %v, error %v; want 1.5 s", got, err)
	}
	for _, text := range []string{"", "some", "full avg10=0.00 total=5\n", "some avg10=0.00 total=-5\n", "some total=\nfull total=1\n"} {
		if got, err := ParsePressure([]byte(text)); err == nil {
			t.Errorf("%q gives %v, want an error", text, got)
		}
	}
	content, err := os.ReadFile("/proc/pressure/cpu")
	if err != nil {
		t.Skip(err)
	}
	if got, err := ParsePressure(content); err != nil || got < 0 {
		t.Errorf("/proc/pressure/cpu is %q, which gives %v, %v", content, got, err)
	}
}

// FuzzThrottling compares with the parser of single fields.
func FuzzThrottling(f *testing.F) {
	f.Add(statV1)
	f.Add(statV2)
	f.Add("nr_throttled 18446744073709551615\nthrottled_time 18446744073709551615\n")
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = ParsePressure([]byte(text))
		got, err := ParseThrottling([]byte(text))
		if err == nil && got.Time < 0 {
			t.Errorf("%q gives %+v", text, got)
		}
		if err == nil && strings.Count(text, "nr_throttled") == 1 {
			if periods, err := field("cpu.stat", text, "nr_throttled"); err != nil || periods != got.Periods {
				t.Errorf("%q gives %+v, and %d, %v", text, got, periods, err)
			}
		}
	})
}
