package proc

import (
	"os"
	"syscall"
	"testing"
)

// To count descriptors takes one, and it is when none is left that the number matters.
func TestDescriptorsAreCountedWhenNoneIsLeft(t *testing.T) {
	count, err := Descriptors()
	if err != nil {
		t.Fatal(err)
	}
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	limit := syscall.Rlimit{Cur: uint64(count) + 50, Max: was.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Skip(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &was); err != nil {
			t.Error(err)
		}
	}()
	for {
		file, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		defer file.Close()
	}
	if got, err := Descriptors(); err != nil || uint64(got) != limit.Cur {
		t.Errorf("%d descriptors, %v; want all %d", got, err, limit.Cur)
	}
}
