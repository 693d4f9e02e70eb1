package cgroup

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// files makes a file system from paths and contents.
func files(pathsAndContents ...string) fs.FS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pathsAndContents); i += 2 {
		fsys[pathsAndContents[i]] = &fstest.MapFile{Data: []byte(pathsAndContents[i+1])}
	}
	return fsys
}

const (
	mib = 1 << 20
	// As seen on a Debian 12 host with systemd.
	mountV2 = "23 29 0:22 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
	// As seen in a container of Docker with a private cgroup namespace.
	mountV2Container = "632 631 0:27 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw\n"
	// As seen on a host where version 1 carries the controllers.
	mountV1 = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n" +
		"32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n" +
		"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n" +
		"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
	// As seen in a container of Kubernetes on version 1 without a namespace of
	// its own: the mount shows a part of the host's hierarchy.
	mountV1Pod = "700 690 0:32 /kubepods/pod12/c34 /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory\n"
	groupsV1   = "9:name=systemd:/\n4:memory:/app/worker\n3:cpuset:/\n0::/\n"
	unlimited1 = "9223372036854771712\n"
)

// memoryLimits are hierarchies and the limit that counts in each.
var memoryLimits = []struct {
	name    string
	files   fs.FS
	version int
	want    Limit
}{
	{"v2, the group itself is limited", files(
		"proc/self/cgroup", "0::/system.slice/app.service\n", "proc/self/mountinfo", mountV2,
		"sys/fs/cgroup/system.slice/app.service/memory.max", "536870912\n",
		"sys/fs/cgroup/system.slice/memory.max", "max\n",
	), 2, Limit{512 * mib, "/sys/fs/cgroup/system.slice/app.service/memory.max"}},
	{"v2, the nearest ancestor is limited, lower than a farther one", files(
		"proc/self/cgroup", "0::/a/b/c\n", "proc/self/mountinfo", mountV2,
		"sys/fs/cgroup/a/b/c/memory.max", "max\n",
		"sys/fs/cgroup/a/b/memory.max", "268435456\n",
		"sys/fs/cgroup/a/memory.max", "536870912\n",
	), 2, Limit{256 * mib, "/sys/fs/cgroup/a/b/memory.max"}},
	{"v2, an ancestor is lower than the group", files(
		"proc/self/cgroup", "0::/a/b\n", "proc/self/mountinfo", mountV2,
		"sys/fs/cgroup/a/b/memory.max", "536870912\n",
		"sys/fs/cgroup/a/memory.max", "104857600\n",
	), 2, Limit{100 * mib, "/sys/fs/cgroup/a/memory.max"}},
	{"v2, in a container with a namespace", files(
		"proc/self/cgroup", "0::/\n", "proc/self/mountinfo", mountV2Container,
		"sys/fs/cgroup/memory.max", "402653184\n",
	), 2, Limit{384 * mib, "/sys/fs/cgroup/memory.max"}},
	{"v2, a path outside of the namespace", files(
		"proc/self/cgroup", "0::/../../other\n", "proc/self/mountinfo", mountV2Container,
		"sys/fs/cgroup/memory.max", "402653184\n", "sys/fs/cgroup/other/memory.max", "1\n", // a namesake inside
	), 2, Limit{384 * mib, "/sys/fs/cgroup/memory.max"}},
	{"v2, no limit anywhere", files(
		"proc/self/cgroup", "0::/a\n", "proc/self/mountinfo", mountV2,
		"sys/fs/cgroup/a/memory.max", "max\n",
	), 2, Limit{}},
	{"v1 is used although v2 is mounted", files(
		"proc/self/cgroup", groupsV1, "proc/self/mountinfo", mountV1,
		"sys/fs/cgroup/memory/app/worker/memory.limit_in_bytes", unlimited1,
		"sys/fs/cgroup/memory/app/memory.limit_in_bytes", "536870912\n",
		"sys/fs/cgroup/memory/memory.limit_in_bytes", unlimited1,
		"sys/fs/cgroup/unified/memory.max", "1\n",
	), 1, Limit{512 * mib, "/sys/fs/cgroup/memory/app/memory.limit_in_bytes"}},
	{"v1, in a pod that sees its part of the host's hierarchy", files(
		"proc/self/cgroup", "4:memory:/kubepods/pod12/c34\n", "proc/self/mountinfo", mountV1Pod,
		"sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n",
	), 1, Limit{512 * mib, "/sys/fs/cgroup/memory/memory.limit_in_bytes"}},
	{"v1, two controllers in one hierarchy, blank in the mount point", files(
		"proc/self/cgroup", "4:cpu,memory:/\n",
		"proc/self/mountinfo", `35 31 0:32 / /mnt/c\040g rw - cgroup cgroup rw,cpu,memory`+"\n",
		"mnt/c g/memory.limit_in_bytes", "536870912\n",
	), 1, Limit{512 * mib, "/mnt/c g/memory.limit_in_bytes"}},
}

func TestMemoryLimit(t *testing.T) {
	for _, c := range memoryLimits {
		t.Run(c.name, func(t *testing.T) {
			group, err := Find(c.files)
			if err != nil {
				t.Fatal(err)
			}
			got, err := group.Memory()
			if err != nil || got.Limit != c.want || group.version != c.version {
				t.Errorf("version %d, limit %+v, error %v; want version %d, %+v", group.version, got.Limit, err, c.version, c.want)
			}
		})
	}
}

func TestFindNone(t *testing.T) {
	cases := map[string]fs.FS{
		"another system": files(),
		"no mountinfo":   files("proc/self/cgroup", "0::/\n"),
		"no controller":  files("proc/self/cgroup", "3:cpuset:/\n", "proc/self/mountinfo", mountV1),
		"not mounted":    files("proc/self/cgroup", "0::/\n", "proc/self/mountinfo", "31 23 0:28 / / rw - ext4 /dev/sda rw\n"),
		"garbage":        files("proc/self/cgroup", "\x00::::\n\n:", "proc/self/mountinfo", " - \n - - -\n"),
	}
	for name, fsys := range cases {
		if _, err := Find(fsys); !errors.Is(err, ErrNone) {
			t.Errorf("%s: error is %v, want ErrNone", name, err)
		}
		if _, err := FindCPU(fsys); !errors.Is(err, ErrNoCPU) {
			t.Errorf("%s: error is %v, want ErrNoCPU", name, err)
		}
	}
}

// What may not be read, or cannot be while no descriptor is free, may well have a limit.
func TestUnreadableIsNotNone(t *testing.T) {
	for _, denied := range []string{"proc/self/cgroup", "proc/self/mountinfo"} {
		fsys := unreadable{files("proc/self/cgroup", "0::/\n", "proc/self/mountinfo", mountV2), denied}
		if _, err := Find(fsys); !errors.Is(err, fs.ErrPermission) || errors.Is(err, ErrNone) {
			t.Errorf("%s: Find says %v", denied, err)
		}
		if _, err := FindCPU(fsys); !errors.Is(err, fs.ErrPermission) || errors.Is(err, ErrNoCPU) {
			t.Errorf("%s: FindCPU says %v", denied, err)
		}
	}
}

// unreadable is a file system in which one file may not be read.
type unreadable struct {
	fs.FS
	denied string
}

func (u unreadable) Open(name string) (fs.File, error) {
	if name == u.denied {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return u.FS.Open(name)
}

func TestUnreadableLimitIsAnError(t *testing.T) {
	group, err := Find(files(
		"proc/self/cgroup", "0::/a\n", "proc/self/mountinfo", mountV2,
		"sys/fs/cgroup/a/memory.max", "lots\n",
	))
	if err != nil {
		t.Fatal(err)
	}
	_, err = group.Memory()
	if err == nil || !strings.Contains(err.Error(), "/sys/fs/cgroup/a/memory.max") || !strings.Contains(err.Error(), "lots") {
		t.Errorf("error is %v, want one that names the file and the content", err)
	}
}

// On a real Linux machine the result must agree with the file, read by hand.
func TestThisMachine(t *testing.T) {
	group, err := Find(os.DirFS("/"))
	if errors.Is(err, ErrNone) {
		t.Skipf("no control group here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	memory, err := group.Memory()
	if err != nil {
		t.Fatal(err)
	}
	limit := memory.Limit
	if limit.Bytes == 0 {
		t.Skip("no limit is set here")
	}
	text, err := os.ReadFile(limit.File)
	if err != nil {
		t.Fatal(err)
	}
	if want := strconv.FormatUint(limit.Bytes, 10); strings.TrimSpace(string(text)) != want {
		t.Errorf("%s holds %q, want %s", limit.File, text, want)
	}
}

func FuzzFind(f *testing.F) {
	f.Add(groupsV1, mountV1, "536870912")
	f.Add("0::/\n", mountV2Container, "max")
	f.Add("0::/../..\n", mountV2, "9223372036854771712")
	f.Add("4:memory:\n", mountV1Pod, "-1")
	f.Fuzz(func(t *testing.T, cgroups, mountinfo, limit string) {
		fsys := anywhere{"proc/self/cgroup": cgroups, "proc/self/mountinfo": mountinfo, "": limit}
		group, err := Find(fsys)
		if err != nil {
			return
		}
		got, _ := group.Memory()
		if n := got.Limit.Bytes; n > 0 && !strings.Contains(limit, strconv.FormatUint(n, 10)) {
			t.Errorf("limit %d was read from %q", n, limit)
		}
	})
}

// anywhere answers every path that it does not know with the content of "".
type anywhere map[string]string

func (a anywhere) Open(name string) (fs.File, error) {
	content, known := a[name]
	if !known {
		content = a[""]
	}
	return fstest.MapFS{"file": &fstest.MapFile{Data: []byte(content)}}.Open("file")
}
