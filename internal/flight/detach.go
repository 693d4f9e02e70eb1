package flight

import "context"

// Start begins a load for key that nobody waits for, and reports true, unless
// there is a flight already. Who asks for key meanwhile joins it; it goes on
// when they have left.
func (g *Group[K, V]) Start(key K, fn func(context.Context) (V, error)) bool {
	return fn != nil && g.detach(key, new(Flight[K, V]), Func[V](fn))
}

// Open is Start for a value that is used while it is loaded: others share it with
// [Group.Join].
func (g *Group[K, V]) Open(key K, value V, fn func(context.Context) error) bool {
	return fn != nil && g.detach(key, &Flight[K, V]{open: true, opened: value}, filling[V](fn))
}

func (g *Group[K, V]) detach(key K, f *Flight[K, V], job Load[V]) bool {
	if !EqualsItself(key) {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	other, _, kept := g.kept(key)
	if other != nil && (kept || !other.over) {
		return false
	}
	f.unattended = true
	g.start(key, other, f)
	f.begin(job)
	return true
}

// GiveUp ends a flight before its load has: everyone who waits gets err now, and
// the next call for key starts a new load. It takes the context that the load was
// called with, which is cancelled with err as its cause. What the load returns
// some day is dropped. GiveUp reports false if the flight has ended already.
func (g *Group[K, V]) GiveUp(ctx context.Context, key K, err error) bool {
	f, ok := ctx.Value(loading{}).(*Flight[K, V])
	if !ok || f.group != g {
		return false
	}
	g.mu.Lock()
	if f.over {
		g.mu.Unlock()
		return false
	}
	f.over, f.lost = true, err
	g.remove(key, f)
	g.mu.Unlock()
	f.end(err)
	close(f.landed)
	return true
}

// Waiters returns how many callers wait for the load of key, its first one
// included.
func (g *Group[K, V]) Waiters(key K) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.flights[key]
	switch {
	case f == nil || f.over:
		return 0
	case f.unattended:
		return f.waiters - 1
	}
	return f.waiters
}
