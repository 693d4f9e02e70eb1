package watch

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/conform"
)

func TestProcessLifecycle(t *testing.T) {
	conform.Lifecycle(t, &Process{}, func() conform.Starter { return NewProcess() })
}

// A restart that takes a moment is no fault in the set-up.
func TestProcessBeforeItsFirstReading(t *testing.T) {
	p := NewProcess()
	wantFinding(t, p, finding.Unknown, "not read yet")
	now := time.Now()
	p.reading.started.Store(&now)
	wantFinding(t, p, finding.TooEarly, "not read yet")
}

const devFile = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 9000      90    0    0    0     0          0         0     9000      90    0    0    0     0       0          0
  eth0: 1000      10    1    2    3     4          5         6      2000      20    7    8    9    10      11         12
  eth1:1 1 0 1 0 0 0 0 1 1 0 1 0 0 0 0
`

func TestNetworkAddsUpAllButTheLoopback(t *testing.T) {
	var reader networkReader
	got, err := reader.read(networkFile(devFile))
	want := Network{ReceivedBytes: 1001, SentBytes: 2001, ReceivedPackets: 11, SentPackets: 21, ReceivedDrops: 3, SentDrops: 9}
	if err != nil || got != want {
		t.Errorf("network is %+v, %v, want %+v", got, err, want)
	}
	for _, broken := range []string{"", "eth0: 1 2 3", strings.Replace(devFile, "1000 ", "-1 ", 1)} {
		if _, err := parseNetwork(broken); err == nil {
			t.Errorf("no error for %q", broken)
		}
	}
}

func networkFile(content string) fstest.MapFS {
	return fstest.MapFS{"proc/self/net/dev": {Data: []byte(content)}}
}

// A container takes its interface with it when it goes, and a counter that fell would
// be taken for one that began anew.
func TestNetworkCountersNeverFall(t *testing.T) {
	with := func(name string, n int) string {
		return devFile + name + ":" + strings.Repeat(" "+strconv.Itoa(n), 16) + "\n"
	}
	var reader networkReader
	for step, want := range []struct {
		content string
		more    uint64 // than without the third interface
	}{
		{devFile, 0}, {with("veth0", 500), 500}, {with("veth0", 700), 700}, {devFile, 700}, {devFile, 700},
		{with("veth0", 30), 730}, {with("veth0", 20), 750}, {with("veth1", 5), 755},
	} {
		got, err := reader.read(networkFile(want.content))
		if err != nil || got.ReceivedBytes != 1001+want.more || got.SentDrops != 9+want.more {
			t.Errorf("step %d: network is %+v, %v, want %d more than of eth0 and eth1", step, got, err, want.more)
		}
	}
}

func FuzzNetwork(f *testing.F) {
	f.Add(devFile)
	f.Fuzz(func(t *testing.T, content string) {
		if all, err := parseNetwork(content); err != nil && len(all) > 0 {
			t.Errorf("an error and figures: %+v", all)
		}
	})
}

func TestProcessReadsWhatTheKernelSays(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("compares with /proc")
	}
	p := NewProcess()
	var before, after ProcessStats
	for try := 0; try < 20 && after.Descriptors != before.Descriptors+1; try++ { // other tests may still close theirs
		p.step(t.Context())
		before = p.Stats()
		file, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		p.step(t.Context())
		after = p.Stats()
		_ = file.Close()
	}
	if !after.HasDescriptors || after.Descriptors-before.Descriptors != 1 {
		t.Errorf("%d descriptors before a file was opened, %d after", before.Descriptors, after.Descriptors)
	}
	if !after.HasCPU || after.CPU < before.CPU || after.Threads == 0 {
		t.Errorf("stats are %+v", after)
	}
	wantFinding(t, p, finding.OK, "processors")
	if got := collect(t, p); got["process.descriptors"] != float64(after.Descriptors) {
		t.Errorf("metrics are %v", got)
	}
}

func TestProcessLeavesOutWhatItCannotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewProcess()
		p.files = fstest.MapFS{}
		wantFinding(t, p, finding.Unknown)
		if len(collect(t, p)) != 0 {
			t.Error("there are figures that nobody read")
		}
		p.step(t.Context())
		time.Sleep(processEvery)
		p.step(t.Context())
		got := collect(t, p)
		for _, name := range []string{"process.cpu_quota", "process.network sent"} {
			if _, known := got[name]; known {
				t.Errorf("%s cannot be read, and there is a figure", name)
			}
		}
		if f := only(t, p); len(f.How) == 0 || !strings.Contains(f.How[0], "net/dev") || strings.Contains(f.How[0], "control group") {
			t.Errorf("want that net/dev was not read, and nothing of a control group that does not exist: %v", f.How)
		}
		if s := p.Stats(); !s.HasQuota || s.Quota != 0 {
			t.Errorf("no control group is no quota, and not an unknown one: %+v", s)
		}
	})
}

func TestProcessorTimeInWords(t *testing.T) {
	now := ProcessStats{At: time.Now(), CPU: time.Second + 30*time.Microsecond, HasCPU: true, Quota: 0.5}
	for want, last := range map[string]ProcessStats{
		"Too early to speak of processor time: one reading.":                 {},
		"The process used less than 0.001 of 0.5 processors in the last 3s.": {At: now.At.Add(-3 * time.Second), CPU: time.Second, HasCPU: true},
	} {
		p := NewProcess()
		if p.now, p.last = now, last; only(t, p).Summary != want {
			t.Errorf("said %q, want %q", only(t, p).Summary, want)
		}
	}
	p := NewProcess()
	p.now.At = now.At
	wantFinding(t, p, finding.OK, "cannot be read")
}

// What was closed, or hangs, does not go on to say how things were.
func TestProcessThatIsNotReadAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewProcess()
		stop := started(t, p)
		synctest.Wait()
		stop()
		time.Sleep(50 * time.Second)
		if f := only(t, p); f.State == finding.Unknown {
			t.Errorf("said %+v of the latest minute", f)
		}
		time.Sleep(time.Minute)
		wantFinding(t, p, finding.Unknown, "Nothing is known about the process: it was last read 1m")
		if got := collect(t, p); len(got) != 0 {
			t.Errorf("figures of a minute ago: %v", got)
		}
		if err := p.Start(t.Context()); err == nil {
			t.Error("it was started again")
		}
	})
}

// A Start that was refused is none.
func TestStartAfterCloseIsNoStart(t *testing.T) {
	p := NewProcess()
	_ = p.Close()
	_ = p.Start(t.Context())
	if f := only(t, p); f.State != finding.Unknown || f.Advice != "Call Start of watch.Process." {
		t.Errorf("said %+v", f)
	}
}
