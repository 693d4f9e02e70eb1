package leakguard

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

// These tell the test binary that it is a child process.
const (
	restartFile = "GOVITALS_TEST_RESTART_FILE"
	restartLife = "GOVITALS_TEST_RESTART_LIFE" // which life, or "crash"
)

// lifeReport is what a child says at the end of its life.
type lifeReport struct {
	Begun   time.Time
	Finding finding.Finding
	Misuses int
}

// The end of the context has the effect of Close: a service that stops that way has
// its trends when it comes back.
func TestTrendsAreKeptAtTheEndOfTheContext(t *testing.T) {
	for _, closes := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "trends")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			d := newDetector(t, DetectorConfig{File: file})
			_ = d.Watch(growing("heap", 1<<20))
			if err := d.Start(ctx); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			_ = os.Remove(file) // what was saved on the way
			cancel()
			if closes { // at the same moment
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			}
			synctest.Wait()
			content, err := os.ReadFile(file)
			if err != nil || !strings.Contains(string(content), `"heap"`) {
				t.Errorf("closed as well: %v: the file holds %.60q, %v", closes, content, err)
			}
		})
	}
}

// TestRestartChild is not a test: others run it in a process of its own. Its
// clock is a fake one, its file is real.
func TestRestartChild(t *testing.T) {
	file := os.Getenv(restartFile)
	switch os.Getenv(restartLife) {
	case "1":
		liveOnce(t, file, time.Hour)
	case "2":
		liveOnce(t, file, 2*time.Hour)
	case "crash":
		saveForEver(t, file)
	default:
		t.Skip("runs as a child of other tests")
	}
}

// liveOnce is a life of 80 s that leaks a MiB per second, as every life before.
func liveOnce(t *testing.T, file string, begins time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(begins) // the clock of each bubble begins at the same time
		report := lifeReport{Begun: time.Now()}
		d := newDetector(t, DetectorConfig{Resolution: 100 * time.Millisecond, File: file})
		_ = d.Watch(growing("heap", 1<<20))
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(70 * time.Second)
		for _, f := range d.Findings() {
			if f.Cause == "misuse" {
				report.Misuses++
			}
		}
		report.Finding = about(t, d, "heap")
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if text, err := json.Marshal(report); err == nil {
			fmt.Printf("LIFE %s\n", text)
		}
	})
}

// saveForEver writes state files as fast as it can, until it is killed.
func saveForEver(t *testing.T, file string) {
	d := newDetector(t, DetectorConfig{File: file})
	for i := range 8 {
		_ = d.Watch(constant(fmt.Sprint("signal", i), float64(i)))
	}
	for i := 0; ; i++ {
		for _, w := range d.seen() {
			w.note(time.Now(), Reading{Value: float64(i), Load: math.NaN()}, nil)
		}
		d.save(t.Context())
		if i == 0 {
			fmt.Println("LIFE the first one is written")
		}
	}
}

func restartChild(life, file string) *exec.Cmd {
	child := exec.Command(os.Args[0], "-test.run=^TestRestartChild$", "-test.v")
	child.Env = append(os.Environ(), restartLife+"="+life, restartFile+"="+file, "GORACE=atexit_sleep_ms=0")
	return child
}

// lifeOf runs a whole life in a process of its own.
func lifeOf(t *testing.T, life, file string) (report lifeReport) {
	t.Helper()
	output, err := restartChild(life, file).CombinedOutput()
	_, text, found := strings.Cut(string(output), "LIFE ")
	if err != nil || !found {
		t.Fatalf("life %s: %v\n%s", life, err, output)
	}
	text, _, _ = strings.Cut(text, "\n")
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		t.Fatal(err)
	}
	return report
}

func TestTheNextProcessGoesOnWhereTheFormerEnded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trends.json")
	first := lifeOf(t, "1", file)
	if first.Finding.State == Leaking {
		t.Fatalf("after 700 buckets the state is %v already: the next life has nothing to add", first.Finding.State)
	}
	second := lifeOf(t, "2", file)
	if second.Misuses > 0 || second.Finding.State != Leaking {
		t.Errorf("the second life says %v: %s\n%s", second.Finding.State, second.Finding.Summary, strings.Join(second.Finding.How, "\n"))
	}
	if since := second.Finding.Since; !since.Before(second.Begun) {
		t.Errorf("it grows since %v, want since before the process began at %v", since, second.Begun)
	}
	alone := lifeOf(t, "2", filepath.Join(t.TempDir(), "none.json"))
	if alone.Finding.State == Leaking || alone.Finding.Since.Before(alone.Begun) {
		t.Errorf("without the file the same life knows of the one before: %+v", alone.Finding)
	}
}

// A process can be killed at any moment. What it leaves behind is the trends of
// one moment, whole.
func TestKilledWhileSavingTrends(t *testing.T) {
	if testing.Short() {
		t.Skip("starts twenty processes")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "trends.json")
	for round := range 20 {
		killAfter(t, restartChild("crash", file), time.Duration(rand.IntN(8000))*time.Microsecond)
		d := newDetector(t, DetectorConfig{File: file})
		if len(d.Findings()) > 0 || len(d.former) != 8 {
			t.Fatalf("kill %d: %d trends are found, and it is said: %+v", round, len(d.former), d.Findings())
		}
		_ = d.Watch(constant("signal7", 7))
		if v, _ := d.Verdict("signal7"); d.watchers[0].trend.points == 0 {
			t.Errorf("kill %d: the trend of the killed process is not used: %+v", round, v)
		}
	}
	if _, err := os.Stat(file + ".unusable"); err == nil {
		t.Error("a file was found unusable")
	}
}

// killAfter kills a child some time after it says that it has begun.
func killAfter(t *testing.T, child *exec.Cmd, after time.Duration) {
	t.Helper()
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 4096)
	for seen := ""; !strings.Contains(seen, "LIFE "); {
		n, err := output.Read(line)
		if seen += string(line[:n]); err != nil {
			t.Fatalf("the child ended by itself: %s", seen)
		}
	}
	time.Sleep(after)
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = child.Wait() // it was killed
}

func TestLeakOfTheFormerLifeIsNews(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trends.json")
	synctest.Test(t, func(t *testing.T) {
		var heard []State
		for _, life := range []time.Duration{200 * time.Second, 2 * time.Second} {
			d := newDetector(t, DetectorConfig{
				Resolution: 100 * time.Millisecond, File: file,
				OnVerdict: func(_ context.Context, f finding.Finding) { heard = append(heard, f.State) },
			})
			_ = d.Watch(growing("heap", 1<<20))
			if err := d.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(life)
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			if len(heard) == 0 || !isGrowth(heard[len(heard)-1]) {
				t.Fatalf("in %v it was heard of %v", life, heard)
			}
			heard = nil
		}
	})
}
