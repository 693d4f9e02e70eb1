package singleflight

import (
	"context"
	"errors"
	"fmt"

	"github.com/govitals/govitals/internal/flight"
)

var (
	// ErrTooManyWaiters is returned to a caller beyond [Config.MaxWaiters].
	ErrTooManyWaiters = errors.New("singleflight: too many callers wait: try again later or raise Config.MaxWaiters")
	// ErrGoexit is returned when a load ended its goroutine with
	// runtime.Goexit, as testing.T.FailNow does.
	ErrGoexit = errors.New("singleflight: the load called runtime.Goexit: return an error instead")
	// ErrOwnKey is returned when a load asks for the key that it is loading,
	// which would wait for ever.
	ErrOwnKey = errors.New("singleflight: a load asked for its own key: call the inner function directly")
	// ErrHung is returned to callers whose load was given up twice after
	// [Config.AbandonAfter], and when too many loads hang to start another. It
	// is also the cause of the context of a load that was given up.
	ErrHung = errors.New("singleflight: the load did not end within Config.AbandonAfter: see OnHung for its stack")
	// ErrLoadTimeout is the cause of the context of a load after
	// [Config.LoadTimeout], and is wrapped around the load's own error then. It
	// is a context.DeadlineExceeded.
	ErrLoadTimeout = fmt.Errorf("singleflight: the load did not end within Config.LoadTimeout: %w", context.DeadlineExceeded)
	// ErrClosed is returned after Close, also to those who wait.
	ErrClosed = errors.New("singleflight: the group is closed: make a new one")

	errZero       = errors.New("singleflight: the group is not ready: make it with New")
	errNilContext = errors.New("singleflight: ctx is nil: pass context.Background()")
	errNilLoad    = errors.New("singleflight: fn is nil: pass the function that loads the value")
	errNoKey      = errors.New("singleflight: key is not equal to itself (a NaN, or an interface that holds a slice, map or function): use another key")

	// errGivenUp is ErrHung of this very flight, and not of another one that its
	// load asked for.
	errGivenUp = fmt.Errorf("%w", ErrHung)
	errAllHang = fmt.Errorf("%w: as many hang as Config.MaxLoads, so no more are started", ErrHung)
)

// ErrAbandoned is the cause of the context of a load that every caller has left.
var ErrAbandoned = flight.ErrAbandoned

// PanicError is what every caller gets when a load panics.
type PanicError struct {
	// Value is what was passed to panic.
	Value any
	// Stack is the stack of the panic, as debug.Stack prints it.
	Stack []byte
}

// Error returns the value in words, without the stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("singleflight: the load panicked: %v", e.Value)
}

// Unwrap returns Value if it is an error, and nil otherwise.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// own returns the error of this package for one of the engine. An error of the
// user's load is left as it is, even if it wraps one of the engine.
func own(err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *flight.PanicError:
		return &PanicError{Value: e.Value, Stack: e.Stack}
	}
	switch err {
	case flight.ErrTooManyWaiters:
		return ErrTooManyWaiters
	case flight.ErrGoexit:
		return ErrGoexit
	case flight.ErrOwnKey:
		return ErrOwnKey
	case errGivenUp:
		return ErrHung
	}
	return err
}

// isRefusal reports whether err says that no load was begun or waited for.
func isRefusal(err error) bool {
	return err == ErrTooManyWaiters || err == ErrClosed || err == errAllHang
}
