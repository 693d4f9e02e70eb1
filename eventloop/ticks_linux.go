package eventloop

import (
	"encoding/binary"
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"
)

const (
	clockMonotonic = 1 // CLOCK_MONOTONIC, which is what time.Now reads too
	timerAbsolute  = 1 // TFD_TIMER_ABSTIME
)

// timerfd ticks by a timer of the kernel that is read as a socket is.
type timerfd struct {
	file   *os.File
	conn   syscall.RawConn
	offset time.Duration // the kernel's clock minus ours
	count  [8]byte
}

// openTimerfd returns a timerfd that the netpoller waits for. The descriptor does
// not block from the start: otherwise Close could not wake up a Read.
func openTimerfd(since func() time.Duration) (source, error) {
	fd, _, errno := syscall.Syscall(syscall.SYS_TIMERFD_CREATE, clockMonotonic, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		return nil, fmt.Errorf("timerfd_create: %w", errno)
	}
	t := &timerfd{file: os.NewFile(fd, "timerfd"), offset: clockOffset(since)}
	var err error
	if t.conn, err = t.file.SyscallConn(); err == nil {
		err = t.file.SetReadDeadline(time.Time{}) // fails if the netpoller did not take it
	}
	if err == nil {
		err = t.arm(since()+time.Hour, time.Hour)
	}
	if err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// arm implements [source].
func (t *timerfd) arm(first, period time.Duration) error {
	spec := struct{ interval, value syscall.Timespec }{
		syscall.NsecToTimespec(int64(period)), syscall.NsecToTimespec(int64(first + t.offset)),
	}
	var errno syscall.Errno
	err := t.conn.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall6(syscall.SYS_TIMERFD_SETTIME, fd, timerAbsolute, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	})
	if err == nil && errno != 0 {
		err = fmt.Errorf("timerfd_settime: %w", errno)
	}
	return err
}

// wait implements [source]: a timerfd reads as the number of expirations
// (timerfd_create(2)).
func (t *timerfd) wait() (uint64, error) {
	_, err := t.file.Read(t.count[:])
	return binary.NativeEndian.Uint64(t.count[:]), err
}

// close implements [source].
func (t *timerfd) close() { _ = t.file.Close() }

// clockOffset returns how far the kernel's clock is ahead of ours. Both are read one
// after the other; of several tries the one that was interrupted least is taken.
func clockOffset(since func() time.Duration) (offset time.Duration) {
	shortest := time.Hour
	for range 8 {
		var now syscall.Timespec
		before := since()
		_, _, _ = syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
		took := since() - before
		if took < shortest {
			shortest, offset = took, time.Duration(now.Nano())-before-took/2
		}
	}
	return offset
}
