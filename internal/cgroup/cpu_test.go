package cgroup

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	// As seen on the same host as mountV1: cpu and cpuacct are apart.
	mountCPUV1 = "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n" +
		"33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n" +
		"34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n" +
		"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
	groupsCPUV1 = "4:memory:/elsewhere\n3:cpuset:/\n2:cpuacct:/app/worker\n1:cpu:/app/worker\n0::/\n"
	// As seen with systemd on version 1: both in one hierarchy.
	mountCPUAcct  = "30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:11 - cgroup cgroup rw,cpu,cpuacct\n"
	groupsCPUAcct = "7:cpu,cpuacct:/system.slice/app.service\n6:memory:/system.slice/app.service\n"
	// As written by Linux 6.1 on version 2 and by 6.18 on version 1.
	statV2 = "usage_usec 91234567\nuser_usec 81000000\nsystem_usec 10234567\ncore_sched.force_idle_usec 0\n" +
		"nr_periods 1200\nnr_throttled 300\nthrottled_usec 45000000\nnr_bursts 0\nburst_usec 0\n"
	statV1 = "nr_periods 1200\nnr_throttled 300\nthrottled_time 45000000000\nnr_bursts 0\nburst_time 0\n"
)

func TestQuota(t *testing.T) {
	cases := []struct {
		name    string
		files   fs.FS
		version int
		cores   float64 // 0 means none
		file    string
	}{
		{"v2, the group itself", files(
			"proc/self/cgroup", "0::/a/b\n", "proc/self/mountinfo", mountV2,
			"sys/fs/cgroup/a/b/cpu.max", "50000 100000\n", "sys/fs/cgroup/a/cpu.max", "max 100000\n",
		), 2, 0.5, "/sys/fs/cgroup/a/b/cpu.max"},
		{"v2, an ancestor is lower, with another period", files(
			"proc/self/cgroup", "0::/a/b/c\n", "proc/self/mountinfo", mountV2,
			"sys/fs/cgroup/a/b/c/cpu.max", "200000 100000\n",
			"sys/fs/cgroup/a/b/cpu.max", "max 100000\n", "sys/fs/cgroup/a/cpu.max", "15000 10000\n",
		), 2, 1.5, "/sys/fs/cgroup/a/cpu.max"},
		{"v2, none", files(
			"proc/self/cgroup", "0::/a\n", "proc/self/mountinfo", mountV2, "sys/fs/cgroup/a/cpu.max", "max 100000\n",
		), 2, 0, ""},
		{"v2, a container with a namespace", files(
			"proc/self/cgroup", "0::/\n", "proc/self/mountinfo", mountV2Container, "sys/fs/cgroup/cpu.max", "250000 100000\n",
		), 2, 2.5, "/sys/fs/cgroup/cpu.max"},
		{"v1, apart from memory", files(
			"proc/self/cgroup", groupsCPUV1, "proc/self/mountinfo", mountV1+mountCPUV1,
			"sys/fs/cgroup/cpu/app/worker/cpu.cfs_quota_us", "-1\n", "sys/fs/cgroup/cpu/app/worker/cpu.cfs_period_us", "100000\n",
			"sys/fs/cgroup/cpu/app/cpu.cfs_quota_us", "75000\n", "sys/fs/cgroup/cpu/app/cpu.cfs_period_us", "100000\n",
			"sys/fs/cgroup/unified/cpu.max", "1 100000",
		), 1, 0.75, "/sys/fs/cgroup/cpu/app/cpu.cfs_quota_us"},
		{"v1, cpu and cpuacct in one hierarchy", files(
			"proc/self/cgroup", groupsCPUAcct, "proc/self/mountinfo", mountCPUAcct,
			"sys/fs/cgroup/cpu,cpuacct/system.slice/app.service/cpu.cfs_quota_us", "400000\n",
			"sys/fs/cgroup/cpu,cpuacct/system.slice/app.service/cpu.cfs_period_us", "100000\n",
		), 1, 4, "/sys/fs/cgroup/cpu,cpuacct/system.slice/app.service/cpu.cfs_quota_us"},
		{"v2 carries cpu although version 1 carries memory", files(
			"proc/self/cgroup", "4:memory:/m\n0::/a\n", "proc/self/mountinfo", mountV1,
			"sys/fs/cgroup/unified/a/cpu.max", "100000 100000\n",
		), 2, 1, "/sys/fs/cgroup/unified/a/cpu.max"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cpu, err := FindCPU(c.files)
			if err != nil {
				t.Fatal(err)
			}
			quota, err := cpu.Quota()
			cores, limited := quota.Cores()
			if err != nil || cpu.version != c.version || cores != c.cores || limited != (c.cores > 0) || quota.File != c.file {
				t.Errorf("version %d, %v cores (%v) from %q, error %v; want version %d, %v from %q",
					cpu.version, cores, limited, quota.File, err, c.version, c.cores, c.file)
			}
		})
	}
}

func TestCPUStat(t *testing.T) {
	throttled := CPUStat{Periods: 1200, Throttled: 300, ThrottledTime: 45 * time.Second}
	withUsage := throttled
	withUsage.Usage, withUsage.HasUsage = 91234567*time.Microsecond, true
	cases := []struct {
		name  string
		files fs.FS
		want  CPUStat
	}{
		{"v2", files(
			"proc/self/cgroup", "0::/a\n", "proc/self/mountinfo", mountV2, "sys/fs/cgroup/a/cgroup.type", "domain\n",
			"sys/fs/cgroup/a/cpu.max", "50000 100000\n", "sys/fs/cgroup/a/cpu.stat", statV2,
		), withUsage},
		{"v2, the quota is the ancestor's, the usage is the group's", files(
			"proc/self/cgroup", "0::/pod/c\n", "proc/self/mountinfo", mountV2, "sys/fs/cgroup/pod/c/cgroup.type", "domain\n",
			"sys/fs/cgroup/pod/cpu.max", "50000 100000\n", "sys/fs/cgroup/pod/cpu.stat", statV2,
			"sys/fs/cgroup/pod/c/cpu.max", "max 100000\n",
			"sys/fs/cgroup/pod/c/cpu.stat", "usage_usec 91234567\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n",
		), withUsage},
		{"v2, the root counts the machine", files(
			"proc/self/cgroup", "0::/\n", "proc/self/mountinfo", mountV2, "sys/fs/cgroup/cpu.stat", "usage_usec 91234567\n",
		), CPUStat{}},
		{"v1", files(
			"proc/self/cgroup", groupsCPUV1, "proc/self/mountinfo", mountCPUV1,
			"sys/fs/cgroup/cpu/app/worker/cpu.cfs_quota_us", "50000", "sys/fs/cgroup/cpu/app/worker/cpu.cfs_period_us", "100000",
			"sys/fs/cgroup/cpu/app/worker/cpu.stat", statV1, "sys/fs/cgroup/cpuacct/app/worker/cpuacct.usage", "91234567000\n",
		), withUsage},
		{"v1, the root counts the machine", files(
			"proc/self/cgroup", "2:cpuacct:/\n1:cpu:/\n", "proc/self/mountinfo", mountCPUV1,
			"sys/fs/cgroup/cpuacct/release_agent", "\n", "sys/fs/cgroup/cpuacct/cpuacct.usage", "91234567000\n",
		), CPUStat{}},
		{"v1, usage is not accounted", files(
			"proc/self/cgroup", "1:cpu:/\n", "proc/self/mountinfo", mountCPUV1,
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000", "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000",
			"sys/fs/cgroup/cpu/cpu.stat", statV1,
		), throttled},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cpu, err := FindCPU(c.files)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := cpu.Stat(); err != nil || got != c.want {
				t.Errorf("got %+v, error %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestCPUFaultsNameFileAndContent(t *testing.T) {
	cpu, err := FindCPU(files(
		"proc/self/cgroup", "0::/a\n", "proc/self/mountinfo", mountV2, "sys/fs/cgroup/a/cgroup.type", "domain\n",
		"sys/fs/cgroup/a/cpu.max", "lots 100000\n", "sys/fs/cgroup/a/cpu.stat", "usage_usec 5\n",
	))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cpu.Quota(); err == nil || !strings.Contains(err.Error(), "/sys/fs/cgroup/a/cpu.max") || !strings.Contains(err.Error(), "lots") {
		t.Errorf("error is %v, want one that names the file and the content", err)
	}
	stat, err := cpu.Stat()
	if err == nil || !strings.Contains(err.Error(), "lots") || stat.Usage != 5*time.Microsecond {
		t.Errorf("got %+v, error %v; want what can be read and an error that names the rest", stat, err)
	}
}

// On a real Linux machine the result must agree with the file, read by hand.
func TestCPUOfThisMachine(t *testing.T) {
	cpu, err := FindCPU(os.DirFS("/"))
	if errors.Is(err, ErrNoCPU) {
		t.Skipf("no control group here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cpu.Stat(); err != nil {
		t.Error(err)
	}
	quota, err := cpu.Quota()
	if err != nil {
		t.Fatal(err)
	}
	if _, limited := quota.Cores(); !limited {
		t.Skip("no quota is set here")
	}
	text, err := os.ReadFile(quota.File)
	if err != nil {
		t.Fatal(err)
	}
	if want := strconv.FormatInt(quota.Time.Microseconds(), 10); strings.Fields(string(text))[0] != want {
		t.Errorf("%s holds %q, want %s", quota.File, text, want)
	}
}

func FuzzParseQuota(f *testing.F) {
	for _, seed := range []string{"max 100000\n", "50000 100000\n", "-1 100000", "1 1", "0 100000", "9223372036854775807 1", "max", "100000 max"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quota, err := parseQuota(text)
		cores, limited := quota.Cores()
		if err != nil && limited {
			t.Errorf("%q: %v cores and error %v", text, cores, err)
		}
		if limited && !strings.Contains(text, strconv.FormatInt(quota.Time.Microseconds(), 10)) || limited && !(cores > 0) {
			t.Errorf("%q: %v of %v", text, quota.Time, quota.Period)
		}
	})
}

func FuzzCPU(f *testing.F) {
	f.Add(groupsCPUV1, mountCPUV1, "50000")
	f.Add("0::/\n", mountV2Container, statV2)
	f.Add(groupsCPUAcct, mountCPUAcct, statV1)
	f.Add("0::/../..\n", mountV2, "max 100000")
	f.Add("1:cpu:\n", mountCPUV1, "throttled_time 18446744073709551615")
	f.Fuzz(func(t *testing.T, cgroups, mountinfo, content string) {
		cpu, err := FindCPU(anywhere{"proc/self/cgroup": cgroups, "proc/self/mountinfo": mountinfo, "": content})
		if err != nil {
			return
		}
		stat, _ := cpu.Stat()
		if stat.Usage < 0 || stat.ThrottledTime < 0 {
			t.Errorf("negative times: %+v", stat)
		}
	})
}
