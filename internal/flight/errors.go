package flight

import (
	"errors"
	"fmt"
)

var (
	// ErrTooManyWaiters is returned to a caller who would have been one more
	// than [Config.MaxWaiters].
	ErrTooManyWaiters = errors.New("flight: too many callers wait for this load: try again later or raise Config.MaxWaiters")
	// ErrGoexit is returned when the load ended its goroutine with
	// runtime.Goexit, as testing.T.FailNow does.
	ErrGoexit = errors.New("flight: the load called runtime.Goexit: return an error instead")
	// ErrOwnKey is returned when a load asks for the key that it is loading,
	// which would wait for ever.
	ErrOwnKey = errors.New("flight: a load asked for its own key: call the inner function directly")
	// ErrAbandoned is the cause of the context of a load that every caller
	// has left.
	ErrAbandoned = errors.New("flight: every caller has left")

	errMixed      = errors.New("flight: Do and Join are used for one key: use one of the two")
	errNilContext = errors.New("flight: ctx is nil: pass context.Background()")
	errNilLoad    = errors.New("flight: fn is nil: pass the function that loads the value")
	errNoKey      = errors.New("flight: key is not equal to itself (a NaN, or an interface that holds a slice, map or function): use another key")
)

// PanicError is what every caller gets when a load panics.
type PanicError struct {
	// Value is what was passed to panic.
	Value any
	// Stack is the stack of the panic, as debug.Stack prints it.
	Stack []byte
}

// Error returns the value in words, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("flight: the load panicked: %v", e.Value) }

// Unwrap returns Value if it is an error, and nil otherwise.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
