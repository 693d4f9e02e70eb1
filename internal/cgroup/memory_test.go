package cgroup

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

const (
	// As read in a container of Docker on Debian 12, shortened.
	memoryStatV2 = "anon 25165824\nfile 73400320\nkernel 3145728\nkernel_stack 262144\nsock 0\nshmem 0\n" +
		"file_mapped 12582912\ninactive_anon 25165824\nactive_anon 16384\ninactive_file 52428800\nactive_file 20971520\nslab 1048576\n"
	// As read on a host with version 1, shortened. Without "total_" the groups
	// below are left out.
	memoryStatV1 = "cache 9367552\nrss 10809344\ninactive_file 90112\nactive_file 208896\nhierarchical_memory_limit 536870912\n" +
		"total_cache 323862528\ntotal_rss 56381440\ntotal_inactive_file 172675072\ntotal_active_file 142118912\n"
	eventsV2   = "low 0\nhigh 12\nmax 55\noom 3\noom_kill 2\noom_group_kill 0\n"
	controlV1  = "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n"
	pressureV2 = "some avg10=0.00 avg60=1.25 avg300=0.40 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=250000\n"
)

func mustFind(t *testing.T, fsys fs.FS) *Group {
	t.Helper()
	group, err := Find(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return group
}

func TestMemory(t *testing.T) {
	const usage2, usage1 = 104857600, 500 << 20
	cases := []struct {
		name  string
		files fs.FS
		want  Memory
	}{
		{"v2", files(
			"proc/self/cgroup", "0::/\n", "proc/self/mountinfo", mountV2Container,
			"sys/fs/cgroup/memory.max", "402653184\n", "sys/fs/cgroup/memory.current", "104857600\n",
			"sys/fs/cgroup/memory.stat", memoryStatV2, "sys/fs/cgroup/memory.events", eventsV2,
		), Memory{
			Limit: Limit{384 * mib, "/sys/fs/cgroup/memory.max"}, WorkingSet: usage2 - 52428800, Anon: 24 * mib,
			OOMKills: 2, HasOOMKills: true, Room: 384*mib - (usage2 - 52428800), HasRoom: true,
		}},
		{"v2, the pod's limit is higher and nearer", files(
			"proc/self/cgroup", "0::/pod/c1\n", "proc/self/mountinfo", mountV2,
			"sys/fs/cgroup/pod/c1/memory.max", "104857600\n", "sys/fs/cgroup/pod/c1/memory.current", "10485760\n",
			"sys/fs/cgroup/pod/c1/memory.stat", "anon 5242880\ninactive_file 0\n",
			"sys/fs/cgroup/pod/memory.max", "209715200\n", "sys/fs/cgroup/pod/memory.current", "199229440\n",
			"sys/fs/cgroup/pod/memory.stat", "anon 199229440\ninactive_file 0\n",
		), Memory{
			Limit: Limit{100 * mib, "/sys/fs/cgroup/pod/c1/memory.max"}, WorkingSet: 10 * mib, Anon: 5 * mib,
			Room: 10 * mib, HasRoom: true,
		}},
		{"v2, the root of a host has no usage file", files(
			"proc/self/cgroup", "0::/\n", "proc/self/mountinfo", mountV2, "sys/fs/cgroup/memory.stat", memoryStatV2,
		), Memory{}},
		{"v2, no limit", files(
			"proc/self/cgroup", "0::/a\n", "proc/self/mountinfo", mountV2,
			"sys/fs/cgroup/a/memory.max", "max\n", "sys/fs/cgroup/a/memory.current", "104857600\n", "sys/fs/cgroup/a/memory.stat", memoryStatV2,
		), Memory{WorkingSet: usage2 - 52428800, Anon: 24 * mib}},
		{"v1, the pod's limit is above what is mounted", files(
			"proc/self/cgroup", "4:memory:/kubepods/pod12/c34\n", "proc/self/mountinfo", mountV1Pod,
			"sys/fs/cgroup/memory/memory.limit_in_bytes", unlimited1, "sys/fs/cgroup/memory/memory.usage_in_bytes", "524288000\n",
			"sys/fs/cgroup/memory/memory.stat", memoryStatV1, "sys/fs/cgroup/memory/memory.oom_control", controlV1,
		), Memory{
			Limit: Limit{512 * mib, "/sys/fs/cgroup/memory/memory.stat"}, WorkingSet: usage1 - 172675072, Anon: 56381440,
			OOMKills: 4, HasOOMKills: true, Room: 512*mib - (usage1 - 172675072), HasRoom: true,
		}},
		{"v1, no limit on the whole way", files(
			"proc/self/cgroup", "4:memory:/a\n", "proc/self/mountinfo", mountV1,
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes", unlimited1, "sys/fs/cgroup/memory/a/memory.usage_in_bytes", "524288000\n",
			"sys/fs/cgroup/memory/a/memory.stat", "hierarchical_memory_limit 9223372036854771712\ntotal_rss 56381440\ntotal_inactive_file 0\n",
		), Memory{WorkingSet: usage1, Anon: 56381440}},
		{"the working set is above the limit", files(
			"proc/self/cgroup", "0::/\n", "proc/self/mountinfo", mountV2Container,
			"sys/fs/cgroup/memory.max", "4096\n", "sys/fs/cgroup/memory.current", "104857600\n", "sys/fs/cgroup/memory.stat", memoryStatV2,
		), Memory{Limit: Limit{4096, "/sys/fs/cgroup/memory.max"}, WorkingSet: usage2 - 52428800, Anon: 24 * mib, HasRoom: true}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := mustFind(t, c.files).Memory()
			if err != nil || got != c.want {
				t.Errorf("got %+v, error %v\nwant %+v", got, err, c.want)
			}
		})
	}
}

func TestGarbageIsSaidAndTheRestIsRead(t *testing.T) {
	group := mustFind(t, files(
		"proc/self/cgroup", "0::/\n", "proc/self/mountinfo", mountV2Container,
		"sys/fs/cgroup/memory.max", "402653184\n", "sys/fs/cgroup/memory.current", "plenty\n",
		"sys/fs/cgroup/memory.stat", "anon 4096\ninactive_file -3\n",
	))
	got, err := group.Memory()
	if err == nil || !strings.Contains(err.Error(), "memory.current") || !strings.Contains(err.Error(), "inactive_file") {
		t.Errorf("error is %v, want one that names file and field", err)
	}
	if got.Limit.Bytes != 384*mib || got.Anon != 4096 || got.WorkingSet != 0 || got.HasRoom {
		t.Errorf("got %+v, want limit and anon alone", got)
	}
}

func TestStalled(t *testing.T) {
	in := func(content string) *Group {
		return mustFind(t, files("proc/self/cgroup", "0::/\n", "proc/self/mountinfo", mountV2Container, "sys/fs/cgroup/memory.pressure", content))
	}
	want := Stalled{Some: 1500 * time.Millisecond, Full: 250 * time.Millisecond}
	if got, err := in(pressureV2).Stalled(); err != nil || got != want {
		t.Errorf("stalled is %+v, error %v; want %+v", got, err, want)
	}
	for _, garbage := range []string{"", "some\nfull\n", "some total=1\n", "some total=-1\nfull total=x\n"} {
		if got, err := in(garbage).Stalled(); err == nil {
			t.Errorf("%q gives %+v, want an error", garbage, got)
		}
	}
	none := mustFind(t, files("proc/self/cgroup", "0::/\n", "proc/self/mountinfo", mountV2Container))
	if _, err := none.Stalled(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without the file the error is %v", err)
	}
}

// On a real Linux machine the group holds this process at least, unless memory
// was charged to another group before it was moved.
func TestMemoryOfThisMachine(t *testing.T) {
	group, err := Find(os.DirFS("/"))
	if err != nil {
		t.Skip(err)
	}
	got, err := group.Memory()
	if err != nil {
		t.Fatal(err)
	}
	if got.WorkingSet == 0 {
		t.Skip("this is the root group, which has no usage")
	}
	if got.Anon == 0 || got.WorkingSet > 1<<50 {
		t.Errorf("memory is %+v", got)
	}
	if got.HasRoom && got.Room > got.Limit.Bytes {
		t.Errorf("more room than the limit: %+v", got)
	}
}

// FuzzMemory gives a group and its ancestor files of any content.
func FuzzMemory(f *testing.F) {
	f.Add(true, memoryStatV2, "104857600", eventsV2, pressureV2, "402653184")
	f.Add(false, memoryStatV1, "500000000", controlV1, pressureV2, unlimited1)
	f.Add(true, "anon \ninactive_file 18446744073709551615", "1", "oom_kill", "some", "max")
	f.Fuzz(func(t *testing.T, v2 bool, stat, usage, events, pressure, limit string) {
		fsys := fstest.MapFS{}
		set := func(dir string, names layout) {
			for name, content := range map[string]string{
				"memory.stat": stat, names.usage: usage, names.oomKills: events, "memory.pressure": pressure, names.limit: limit,
			} {
				fsys[dir+"/"+name] = &fstest.MapFile{Data: []byte(content)}
			}
		}
		group := &Group{place{1, fsys, []string{"a/b", "a"}}}
		if v2 {
			group.version = 2
		}
		set("a/b", group.layout())
		set("a", group.layout())
		got, err := group.Memory()
		_, _ = group.Stalled()
		if got.HasRoom && got.Room > got.Limit.Bytes && got.Limit.Bytes > 0 {
			t.Errorf("more room than the limit: %+v", got)
		}
		if err == nil && !strings.Contains(stat, "inactive_file") {
			t.Errorf("%+v was read from %q without an error", got, stat)
		}
	})
}
