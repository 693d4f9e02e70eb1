package flight

import "context"

// Load is what a flight does: it calls Load once.
type Load[V any] interface {
	Load(context.Context) (V, error)
}

// Func is a [Load] that is a function.
type Func[V any] func(context.Context) (V, error)

// Load implements [Load].
func (fn Func[V]) Load(ctx context.Context) (V, error) { return fn(ctx) }

// filling is a [Load] that fills a value which is there before.
type filling[V any] func(context.Context) error

// Load implements [Load].
func (fn filling[V]) Load(ctx context.Context) (none V, err error) { return none, fn(ctx) }
