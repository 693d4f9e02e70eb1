package flight

import "context"

// Ticket is a caller's part in a flight, from [Group.Enter].
type Ticket[K comparable, V any] struct {
	// Result says which part that is. Whoever has Loaded calls Begin, and everybody
	// calls Wait, once.
	Result Result

	group  *Group[K, V]
	key    K
	flight *Flight[K, V]
}

// Enter is the first half of [Group.Do]. A caller that joins a flight need not bring
// along what it would load: only whoever has to begin one is asked for room, the place
// of that flight. It must not use the group. That key equals itself, and so can be
// found again, is up to the caller.
func (g *Group[K, V]) Enter(ctx context.Context, key K, room func() *Flight[K, V]) (Ticket[K, V], error) {
	if ctx.Err() != nil {
		return Ticket[K, V]{}, context.Cause(ctx)
	}
	f, result, err := g.enter(key, room)
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
