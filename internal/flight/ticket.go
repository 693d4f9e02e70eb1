package flight

import "context"

// Ticket is a caller's part in a flight, from [Group.Enter].
type Ticket[K comparable, V any] struct {
	// Result says which part that is. Whoever has Loaded calls Begin, and everybody
	// calls Wait, once.
	Result Result

	group  *Group[K, V]
	key    K
	flight *flight[K, V]
}

// Enter is the first half of [Group.Do]. A caller that joins a flight need not
// bring along what it would load.
func (g *Group[K, V]) Enter(ctx context.Context, key K) (Ticket[K, V], error) {
	if err := check(ctx, key, false); err != nil {
		return Ticket[K, V]{}, err
	}
	f, result, err := g.enter(key)
	return Ticket[K, V]{Result: result, group: g, key: key, flight: f}, err
}

// Begin lets a flight begin.
func (t Ticket[K, V]) Begin(load Load[V]) { t.flight.begin(load) }

// Wait returns what came of the flight, as [Group.Do] does.
func (t Ticket[K, V]) Wait(ctx context.Context) (V, Result, error) {
	if t.Result.Source == Reused {
		return t.flight.value, t.Result, nil
	}
	return t.group.wait(ctx, t.key, t.flight, t.Result)
}
