//go:build linux

package benchmarks

import (
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

func notify(c chan os.Signal) { signal.Notify(c, syscall.SIGTERM) }

// pointed is an object of a heap that is all pointers.
type pointed struct {
	left, right *pointed
	rest        [2]uintptr
}

const gib = 1 << 30

// prepare makes what the disturbance needs, before the Probe starts.
func (v *sufferer) prepare(d disturbance) {
	switch d.want {
	case "nonpreemptible", "stw_blocked":
		v.source = touched(gib)
		v.target = [2][]byte{touched(gib), touched(gib)}
	case "gc":
		for range 4_000_000 {
			n := &pointed{left: &pointed{}, right: &pointed{left: &pointed{}}}
			v.pointers = append(v.pointers, n)
		}
	case "stw":
		for range 100_000 {
			go func() { <-v.stop }()
		}
	}
	runtime.GC()
}

func touched(n int) []byte {
	b := make([]byte, n)
	for i := 0; i < n; i += 4096 {
		b[i] = 1
	}
	return b
}

func (v *sufferer) dumpStacks() {
	if v.source == nil {
		v.source = touched(64 << 20)
	}
	runtime.Stack(v.source, true)
}

func (v *sufferer) copyEverywhere() {
	var done sync.WaitGroup
	for i := range v.target {
		done.Go(func() {
			for range v.copies {
				copy(v.target[i], v.source)
			}
		})
	}
	done.Wait()
}

func (v *sufferer) copyAmongRequests() {
	var done sync.WaitGroup
	for range 3 * 50 { // each asks every half second or so
		done.Go(func() {
			for range 2 {
				time.Sleep(250 * time.Millisecond)
				for end := time.Now().Add(200 * time.Microsecond); time.Now().Before(end); {
				}
			}
		})
	}
	time.Sleep(100 * time.Millisecond) // the requests are under way
	v.copyEverywhere()
	done.Wait()
}

func (v *sufferer) copyAndStop() {
	var done sync.WaitGroup
	done.Go(func() { copy(v.target[0], v.source) })
	time.Sleep(10 * time.Millisecond)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	done.Wait()
}

// collect has one goroutine per P allocate while a collection has a large heap of
// pointers to go through.
func (v *sufferer) collect() {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	var done sync.WaitGroup
	end := time.Now().Add(v.length)
	for range runtime.GOMAXPROCS(0) {
		done.Go(func() {
			for time.Now().Before(end) {
				var list *pointed
				for range 1000 {
					list = &pointed{left: list}
				}
			}
		})
	}
	done.Wait()
}

func (v *sufferer) burst() {
	var done sync.WaitGroup
	for range 1000 {
		done.Go(func() {
			for end := time.Now().Add(time.Millisecond); time.Now().Before(end); {
			}
		})
	}
	done.Wait()
}

func (v *sufferer) convoy() {
	var lock sync.Mutex
	var done sync.WaitGroup
	for range 100 {
		done.Go(func() {
			lock.Lock()
			time.Sleep(5 * time.Millisecond)
			lock.Unlock()
		})
	}
	done.Wait()
}
