package leakguard

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// live returns what Live says about a name.
func live(name string) Named {
	for _, n := range Live() {
		if n.Name == name {
			return n
		}
	}
	return Named{}
}

func TestGoCountsLiveCreatedAndOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, before := time.Now(), live("counted").Created
		var stops []chan struct{}
		for range 3 {
			stop := make(chan struct{})
			stops = append(stops, stop)
			Go(t.Context(), "counted", func(context.Context) { <-stop })
			time.Sleep(time.Minute)
		}
		check := func(alive int64, oldest time.Time) {
			t.Helper()
			synctest.Wait()
			if n := live("counted"); n.Live != alive || n.Created != before+3 || !n.Oldest.Equal(oldest) {
				t.Errorf("%+v, want %d live, the oldest from %v", n, alive, oldest)
			}
		}
		check(3, began)
		close(stops[1]) // from the middle
		check(2, began)
		close(stops[0]) // the oldest
		check(1, began.Add(2*time.Minute))
		close(stops[2])
		check(0, time.Time{})
	})
}

func TestGoCountsGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := live("exits").Created
		Go(t.Context(), "exits", func(context.Context) { runtime.Goexit() })
		synctest.Wait()
		if n := live("exits"); n.Live != 0 || n.Created != before+1 {
			t.Errorf("%+v", n)
		}
	})
}

// TestGoDoesNotSwallowPanics runs itself in a process that has to die.
func TestGoDoesNotSwallowPanics(t *testing.T) {
	if os.Getenv("LEAKGUARD_PANIC") != "" {
		Go(t.Context(), "panics", func(context.Context) { panic("from fn") })
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestGoDoesNotSwallowPanics$")
	cmd.Env = append(os.Environ(), "LEAKGUARD_PANIC=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("panic: from fn")) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestGoLabels(t *testing.T) {
	ctx := pprof.WithLabels(t.Context(), pprof.Labels("tenant", "a"))
	stop, ready := make(chan struct{}), make(chan string, 2)
	defer close(stop)
	Go(ctx, "labelled", func(ctx context.Context) {
		name, _ := pprof.Label(ctx, LabelKey)
		tenant, _ := pprof.Label(ctx, "tenant")
		ready <- name + " " + tenant
		<-stop
	})
	if got := <-ready; got != "labelled a" {
		t.Errorf("labels in ctx are %q", got)
	}
	var profile strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	if want := `# labels: {"leakguard":"labelled", "tenant":"a"}`; !strings.Contains(profile.String(), want) {
		t.Errorf("no %s in the profile", want)
	}
}

func TestGoNamesAreBounded(t *testing.T) {
	var r registry
	for i := range 3 * MaxNames {
		r.named(fmt.Sprint(i)).enter(&member{})
	}
	all := r.all()
	if len(all) != MaxNames {
		t.Errorf("%d names, want %d", len(all), MaxNames)
	}
	if other := r.named("one more"); other.name != otherName || other.snapshot().Live != 2*MaxNames+1 {
		t.Errorf("%d goroutines in %q", other.snapshot().Live, other.name)
	}
}

func TestGoFromManyGoroutines(t *testing.T) {
	before := live("herd").Created
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				wg.Add(1)
				Go(t.Context(), "herd", func(context.Context) { wg.Done() })
				_ = live("herd")
			}
		})
	}
	wg.Wait()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if n := live("herd"); n.Live == 0 && n.Created == before+800 && n.Oldest.IsZero() {
			return
		}
	}
	t.Errorf("%+v", live("herd"))
}

func ExampleGo() {
	done := make(chan struct{})
	Go(context.Background(), "mailer", func(context.Context) { <-done })
	for _, n := range Live() {
		if n.Name == "mailer" {
			fmt.Println(n.Name, n.Live, n.Created)
		}
	}
	close(done)
	// Output: mailer 1 1
}

// TestFiguresOfANameFitEachOther: where none is alive none is the oldest.
func TestFiguresOfANameFitEachOther(t *testing.T) {
	var r registry
	k, done := r.named("busy"), make(chan struct{})
	go func() {
		defer close(done)
		for range 100_000 {
			m := &member{kind: k, began: time.Now()}
			k.enter(m)
			k.leave(m)
		}
	}()
	for isDone := false; !isDone; {
		select {
		case <-done:
			isDone = true
		default:
		}
		if n := k.snapshot(); (n.Live == 0) != n.Oldest.IsZero() || uint64(n.Live) > n.Created {
			t.Fatalf("%+v", n)
		}
	}
}
