package usage

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

var kept [][]byte

// Some of what was there before may be freed meanwhile.
func TestMemoryIsWhatIsKept(t *testing.T) {
	before := ReadMemory()
	for range 100 {
		kept = append(kept, make([]byte, 10<<10))
	}
	after := ReadMemory()
	// 10 KiB is the size of a class (runtime/sizeclasses.go).
	if gained := after.Gained(&before); len(gained) == 0 || gained[0].Bytes != 10<<10 || gained[0].Objects < 95 || gained[0].Objects > 105 {
		t.Errorf("100 blocks of 10 KiB kept: by size %v", gained)
	}
	if bytes, objects := after.Bytes-before.Bytes, after.Objects-before.Objects; bytes < 1000<<10-64<<10 || bytes > 1000<<10+64<<10 || objects < 50 || objects > 1000 {
		t.Errorf("100 blocks of 10 KiB kept: %d bytes in %d objects", bytes, objects)
	}
	kept = nil
	if freed := ReadMemory(); freed.Bytes > before.Bytes+64<<10 {
		t.Errorf("%d bytes are left of what is freed", freed.Bytes-before.Bytes)
	}
}

// What a pool holds and what waits for a finalizer that can run is garbage.
func TestMemoryIsWithoutPoolsAndFinalizers(t *testing.T) {
	before := ReadMemory()
	var pool sync.Pool
	for range 16 {
		pool.Put(new([1 << 18]byte))
		runtime.SetFinalizer(new([1 << 18]byte), func(*[1 << 18]byte) {})
	}
	if grown := ReadMemory().Bytes - before.Bytes; grown > 1<<18+64<<10 { // the last one may be in a register
		t.Errorf("%d bytes are left", grown)
	}
	runtime.KeepAlive(&pool)
}

func TestBacklogIsWhatWaits(t *testing.T) {
	release, started := make(chan struct{}), make(chan struct{})
	var once sync.Once
	for range 100 {
		runtime.SetFinalizer(new([64]byte), func(*[64]byte) {
			once.Do(func() { close(started) })
			<-release
		})
	}
	got := ReadMemory().Backlog
	<-started
	close(release)
	if got < 90 { // what was allocated last may be in a register
		t.Errorf("the backlog is %d while 100 finalizers wait", got)
	}
	for end := time.Now().Add(time.Minute); Backlog() > 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if left := Backlog(); left > 0 {
		t.Errorf("the backlog is still %d", left)
	}
}

func TestThreadsAreCounted(t *testing.T) {
	before := Threads()
	release := make(chan struct{})
	var running, ended sync.WaitGroup
	for range 8 {
		running.Add(1)
		ended.Go(func() {
			runtime.LockOSThread() // and ends with it
			running.Done()
			<-release
		})
	}
	running.Wait()
	if got := Threads(); got < 8 || got < before {
		t.Errorf("%d threads, then %d while 8 goroutines are locked to theirs", before, got)
	}
	close(release)
	ended.Wait()
}
