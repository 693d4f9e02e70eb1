package loop

import (
	"context"
	"time"
)

// afterFault is the pause after a step without a period that did not return, so
// that one which always fails does not take a processor.
const afterFault = time.Second

// unblockAtEnd has Unblock called when the context ends.
func (l *Loop) unblockAtEnd(ctx context.Context) {
	l.freed = make(chan struct{})
	unblock := l.config.Unblock
	if unblock == nil {
		close(l.freed)
		return
	}
	context.AfterFunc(ctx, func() {
		defer close(l.freed)
		unblock()
	})
}

// follow runs one step after the other until the context ends.
func (l *Loop) follow(ctx context.Context) {
	for ctx.Err() == nil {
		if !l.step(ctx) {
			pause(ctx)
		}
	}
}

// pause waits for afterFault, or until the context ends.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(afterFault):
	}
}
