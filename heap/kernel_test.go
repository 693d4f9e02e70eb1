package heap

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/cgroup"
)

// inContainer is the file system of a process in a container of version 2, with
// 400 MiB of 1 GiB in use; changes replace files or, where empty, remove them.
func inContainer(changes map[string]string) fstest.MapFS {
	files := map[string]string{
		"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
		"sys/fs/cgroup/memory.max": "1073741824\n", "sys/fs/cgroup/memory.current": "524288000\n",
		"sys/fs/cgroup/memory.stat":   "anon 314572800\nfile 209715200\ninactive_file 104857600\n",
		"sys/fs/cgroup/memory.events": "oom 1\noom_kill 1\n",
	}
	for name, content := range changes {
		files[name] = content
	}
	fsys := fstest.MapFS{}
	for name, content := range files {
		if content != "" {
			fsys[name] = &fstest.MapFile{Data: []byte(content)}
		}
	}
	return fsys
}

// inside makes a monitor believe that it runs on the given file system.
func inside(t *testing.T, fsys fs.FS) *Monitor {
	t.Helper()
	m := newMonitor(t)
	m.kernel.find = func() (*cgroup.Group, error) { return cgroup.Find(fsys) }
	return m
}

func TestHeadroom(t *testing.T) {
	held := Stats{Cycles: 9, Held: 300 << 20, MemoryLimit: 800 << 20}
	cases := []struct {
		name  string
		files fstest.MapFS
		rss   uint64
		stats Stats
		want  uint64
		ok    bool
	}{
		{"the kernel's limit goes before GOMEMLIMIT", inContainer(nil), 0, held, 624 << 20, true},
		{"no limit of the kernel", inContainer(map[string]string{"sys/fs/cgroup/memory.max": "max"}), 0, held, 500 << 20, true},
		{"no usage of the group, but RSS", inContainer(map[string]string{"sys/fs/cgroup/memory.current": ""}), 100 << 20, held, 924 << 20, true},
		{"no limit at all", fstest.MapFS{}, 100 << 20, Stats{Held: 1 << 20}, 0, false},
		{"beyond GOMEMLIMIT", fstest.MapFS{}, 0, Stats{Held: 2 << 30, MemoryLimit: 1 << 30}, 0, true},
		{"beyond the kernel's limit", inContainer(map[string]string{"sys/fs/cgroup/memory.max": "4096"}), 0, held, 0, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := inside(t, c.files)
			m.read = replay(c.stats)
			if c.rss > 0 {
				m.kernel.rss = func() (uint64, error) { return c.rss, nil }
			}
			m.step(t.Context())
			if got, ok := m.Snapshot().Headroom(); got != c.want || ok != c.ok {
				t.Errorf("headroom is %d, %v; want %d, %v", got, ok, c.want, c.ok)
			}
		})
	}
}

func TestOffHeapIsSigned(t *testing.T) {
	m := newMonitor(t)
	m.read = replay(Stats{Held: 300})
	m.kernel.rss = func() (uint64, error) { return 200, nil }
	m.step(t.Context())
	got := values(m)
	if got["heap.off_heap"] != -100 || got["heap.space off_heap"] != 0 {
		t.Errorf("off-heap is %v, in the family of spaces %v; want -100 and 0", got["heap.off_heap"], got["heap.space off_heap"])
	}
}

func TestLimitsAreReadAgainWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := inContainer(map[string]string{"sys/fs/cgroup/memory.max": "536870912"})
		m := inside(t, files)
		m.read = replay(Stats{Cycles: 9, Live: 1 << 20, MemoryLimit: 1 << 30})
		step := func(after time.Duration) Limit {
			time.Sleep(after)
			m.step(t.Context())
			limit, _ := m.Snapshot().Limit()
			return limit
		}
		if limit := step(0); limit.Bytes != 512<<20 || limit.Source != SourceCgroup {
			t.Errorf("the lowest limit is %+v, want 512 MiB of the control group", limit)
		}
		files["sys/fs/cgroup/memory.max"] = &fstest.MapFile{Data: []byte("2147483648")}
		if limit := step(kernelEvery); limit.Bytes != 1<<30 || limit.Source != SourceGo {
			t.Errorf("after it was raised the lowest limit is %+v, want 1 GiB of GOMEMLIMIT", limit)
		}
		m.read = replay(Stats{Cycles: 9, MemoryLimit: 100 << 20}) // debug.SetMemoryLimit
		if limit := step(time.Second); limit.Bytes != 100<<20 {
			t.Errorf("a second after GOMEMLIMIT was lowered the limit is %+v", limit)
		}
		m.read = replay(Stats{Cycles: 9})
		delete(files, "sys/fs/cgroup/memory.max")
		if limit := step(kernelEvery); limit.Bytes != 0 {
			t.Errorf("without limits there is %+v", limit)
		}
	})
}

func TestKernelIsReadRarelyUnlessMemoryIsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := inContainer(nil)
		m := inside(t, files)
		found, read := 0, 0
		m.kernel.find = func() (*cgroup.Group, error) { found++; return cgroup.Find(files) }
		m.kernel.rss = func() (uint64, error) { read++; return 1, nil }
		seconds := func(n int) {
			for range n {
				m.step(t.Context())
				time.Sleep(time.Second)
			}
		}
		seconds(120)
		if found != 2 || read != 12 {
			t.Errorf("in two minutes the group was looked up %d times, RSS read %d times; want 2 and 12", found, read)
		}
		files["sys/fs/cgroup/memory.current"] = &fstest.MapFile{Data: []byte("1000000000")} // 83 % used
		seconds(10)
		read = 0
		seconds(30)
		if read != 30 {
			t.Errorf("with less than a quarter left RSS was read %d times in 30 s, want 30", read)
		}
	})
}

func TestMoveToAnotherGroupIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := inContainer(map[string]string{"sys/fs/cgroup/new/memory.max": "268435456"})
		m := inside(t, files)
		m.step(t.Context())
		files["proc/self/cgroup"] = &fstest.MapFile{Data: []byte("0::/new\n")}
		time.Sleep(groupEvery)
		m.step(t.Context())
		if limit, _ := m.Snapshot().Limit(); limit.Bytes != 256<<20 {
			t.Errorf("a minute after the move the limit is %+v, want that of the new group", limit)
		}
	})
}

func TestUnreadableFilesAreSaidAndTheRestGoesOn(t *testing.T) {
	cases := []struct {
		name  string
		make  func() *Monitor
		words []string // none: no finding
	}{
		{"no descriptor is free", func() *Monitor {
			m := newMonitor(t)
			m.kernel.find = func() (*cgroup.Group, error) { return nil, &fs.PathError{Op: "open", Path: "/f", Err: syscall.EMFILE} }
			return m
		}, []string{"/f: " + syscall.EMFILE.Error(), "descriptors"}},
		{"nothing of the kernel", func() *Monitor { return newMonitor(t) }, nil},
		{"files that do not exist", func() *Monitor {
			return inside(t, inContainer(map[string]string{"sys/fs/cgroup/memory.stat": "", "sys/fs/cgroup/memory.max": ""}))
		}, nil},
		{"garbage", func() *Monitor {
			return inside(t, inContainer(map[string]string{"sys/fs/cgroup/memory.stat": "\x00", "sys/fs/cgroup/memory.current": "lots"}))
		}, []string{"memory.current", "lots", "memory.stat"}},
		{"no permission", func() *Monitor {
			m := newMonitor(t)
			m.kernel.find = func() (*cgroup.Group, error) { return nil, os.ErrPermission }
			return m
		}, []string{"permission"}},
		{"no RSS", func() *Monitor {
			m := newMonitor(t)
			m.kernel.rss = func() (uint64, error) { return 0, errors.New("proc: /proc/self/statm is garbage") }
			return m
		}, []string{"statm"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := c.make()
			m.read = replay(Stats{Cycles: 9, Live: 1 << 20, MemoryLimit: 1 << 30})
			m.step(t.Context())
			if live := values(m)["heap.live"]; live != 1<<20 {
				t.Errorf("live is %v, want 1 MiB all the same", live)
			}
			var said []finding.Finding
			for _, f := range m.Findings() {
				if f.State == finding.Unknown {
					said = append(said, f)
				}
			}
			if len(c.words) == 0 && len(said) > 0 || len(c.words) > 0 && (len(said) != 1 || said[0].Signal != "setup") {
				t.Fatalf("findings are %+v", said)
			}
			for _, word := range c.words {
				if !strings.Contains(said[0].Summary+said[0].Advice, word) || strings.Contains(said[0].Summary, "\n") {
					t.Errorf("%q does not say %q on one line", said[0].Summary, word)
				}
			}
		})
	}
}
