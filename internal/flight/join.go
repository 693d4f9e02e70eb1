package flight

import "context"

// Seat is a caller's part in a flight, from [Group.Join].
type Seat[K comparable, V any] struct {
	group  *Group[K, V]
	key    K
	flight *Flight[K, V]
	left   bool // under Group.mu
}

// Join is Do for a value that is used while it is being loaded. The first
// caller's value is handed to everyone who joins until fn, which fills it, has
// returned, and then for as long as it is reused. Everyone must call
// [Seat.Leave].
//
// The group lets go of the value as soon as nobody can join any more, even if
// the load still runs: who holds a part of it holds no more than that part.
//
// The error is [ErrTooManyWaiters], [ErrOwnKey], or context.Cause(ctx) if ctx
// has ended before. Its end later means nothing: select on it and leave.
func (g *Group[K, V]) Join(ctx context.Context, key K, value V, fn func(context.Context) error) (V, *Seat[K, V], Result, error) {
	var none V
	if err := check(ctx, key, fn == nil); err != nil {
		return none, nil, Result{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	f, result, err := g.enterLocked(key, true, func() *Flight[K, V] { return &Flight[K, V]{open: true, opened: value} })
	if err == nil && result.Source == Shared && ctx.Value(loading{}) == any(f) {
		g.leaveLocked(key, f)
		err = ErrOwnKey
	}
	if err != nil {
		return none, nil, Result{}, err
	}
	if result.Source == Loaded {
		f.begin(filling[V](fn))
	}
	return f.opened, &Seat[K, V]{group: g, key: key, flight: f, left: result.Source == Reused}, result, nil
}

// Current returns the value of the flight whose load was called with ctx, as long as
// others may join it. So a load can do with it what it has to be done with before its
// flight has ended.
func (g *Group[K, V]) Current(ctx context.Context) (value V, ok bool) {
	f, ok := ctx.Value(loading{}).(*Flight[K, V])
	if !ok || f.group != g {
		return value, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return f.opened, f.open && g.flights[f.key] == f
}

// Landed is closed when the load has ended.
func (s *Seat[K, V]) Landed() <-chan struct{} { return s.flight.landed }

// Err waits for the end of the load and returns its error: that of fn, a
// [PanicError] or [ErrGoexit].
func (s *Seat[K, V]) Err() error {
	<-s.flight.landed
	_, err := s.flight.answer()
	return err
}

// Leave ends the caller's part. When the last caller leaves a load that runs,
// the load is cancelled. Leaving again does nothing.
func (s *Seat[K, V]) Leave() {
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	if !s.left {
		s.left = true
		s.group.leaveLocked(s.key, s.flight)
	}
}

// Forget lets nobody join this flight any more. Those who have joined keep
// their seats.
func (s *Seat[K, V]) Forget() {
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	s.group.remove(s.key, s.flight)
}
