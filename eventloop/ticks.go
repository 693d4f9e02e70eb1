package eventloop

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"time"
)

// source makes ticks. Times are as of Probe.since.
type source interface {
	// arm sets the deadlines to first, first+period and so on. What has passed
	// of the deadlines before is forgotten.
	arm(first, period time.Duration) error
	// wait returns how many deadlines have passed since it was last asked, at
	// least one. It waits for that. After close it returns an error.
	wait() (uint64, error)
	// close makes wait return. It may be called from any goroutine, and twice.
	close()
}

// errBubble is why there is no timerfd in a test bubble: a goroutine that waits
// for the netpoller is not durably blocked, so the bubble's clock would stand still.
var errBubble = errors.New("a timerfd would stop the clock of a testing/synctest bubble")

// openSource returns what ticks in the mode, which mode that is, and why it is not
// the netpoller although that would have been preferred.
func openSource(mode Mode, since func() time.Duration) (src source, actual Mode, fallback, err error) {
	if mode == Timer {
		return newTimerTicks(since), Timer, nil, nil
	}
	src, refused := openNetpoll(since)
	switch {
	case refused == nil:
		return src, Netpoll, nil, nil
	case mode == Netpoll:
		return nil, mode, nil, fmt.Errorf("eventloop: Config.Mode is Netpoll: %w: use Auto or Timer", refused)
	}
	return newTimerTicks(since), Timer, refused, nil
}

func openNetpoll(since func() time.Duration) (source, error) {
	if inBubble() {
		return nil, errBubble
	}
	return openTimerfd(since)
}

// inBubble reports whether the goroutine is in a bubble of testing/synctest. There
// is no call that says so; the first line of a stack does (goroutineheader in
// GOROOT/src/runtime/traceback.go).
func inBubble() bool {
	var head [128]byte
	line, _, _ := bytes.Cut(head[:runtime.Stack(head[:], false)], []byte("\n"))
	return bytes.Contains(line, []byte("synctest bubble"))
}
