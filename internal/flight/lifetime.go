package flight

import (
	"context"
	"sync"
	"time"
)

// lifetime is the end of a load's context. The standard library's context with a
// cause is made when somebody asks for that end, which a load that is fast never
// does.
type lifetime struct {
	mu     sync.Mutex
	made   context.Context // nil until somebody asks
	cancel context.CancelCauseFunc
	cause  error // nil until the end
}

// Deadline implements [context.Context].
func (l *lifetime) Deadline() (deadline time.Time, ok bool) { return deadline, false }

// Done implements [context.Context].
func (l *lifetime) Done() <-chan struct{} { return l.context().Done() }

// Err implements [context.Context].
func (l *lifetime) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil {
		return context.Canceled
	}
	return nil
}

// lookup finds what package context asks for under keys of its own: the context
// that can be cancelled, and its cause.
func (l *lifetime) lookup(key any) any {
	l.mu.Lock()
	unasked := l.made == nil && l.cause == nil
	l.mu.Unlock()
	if unasked {
		return nil
	}
	return l.context().Value(key)
}

func (l *lifetime) context() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.made == nil {
		l.made, l.cancel = context.WithCancelCause(context.Background())
		if l.cause != nil {
			l.cancel(l.cause)
		}
	}
	return l.made
}

// end ends the context, the first time it is called.
func (l *lifetime) end(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil {
		return
	}
	l.cause = cause
	if l.cancel != nil {
		l.cancel(cause)
	}
}
