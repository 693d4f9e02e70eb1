package proc

import (
	"runtime/debug"
	"syscall"
	"testing"
)

const touched = 64 << 20

// growthWhenTouched returns by how many bytes read grows while touched bytes
// are mapped. They come from the kernel: what the Go heap and the race detector
// give back or keep meanwhile would falsify the difference.
func growthWhenTouched(t *testing.T, read func() (uint64, error)) int64 {
	t.Helper()
	debug.FreeOSMemory()
	before, err := read()
	if err != nil {
		t.Skip(err)
	}
	mapped, err := syscall.Mmap(-1, 0, touched, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip(err)
	}
	defer syscall.Munmap(mapped)
	for i := 0; i < touched; i += 4096 {
		mapped[i] = 1
	}
	after, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return int64(after) - int64(before)
}

func TestRSSSeesWhatIsTouched(t *testing.T) {
	if grown := growthWhenTouched(t, RSS); grown < touched-4<<20 || grown > touched+4<<20 {
		t.Errorf("RSS grew by %d after %d bytes were touched", grown, touched)
	}
}

func TestUnbackedSeesWhatIsTouchedAndNotTheProgram(t *testing.T) {
	if grown := growthWhenTouched(t, Unbacked); grown < touched-4<<20 || grown > touched+4<<20 {
		t.Errorf("what no file backs grew by %d after %d bytes were touched", grown, touched)
	}
	unbacked, err := Unbacked()
	if err != nil {
		t.Fatal(err)
	}
	if rss, err := RSS(); err != nil || unbacked >= rss {
		t.Errorf("%d bytes that no file backs of %d resident (%v): the program file is missing", unbacked, rss, err)
	}
}
