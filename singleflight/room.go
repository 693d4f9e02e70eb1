package singleflight

import (
	"context"
	"unsafe"
)

// takeRoom waits until the load may run.
func (l *load[K, V]) takeRoom() error {
	if l.nested {
		return nil
	}
	g := l.group
	if !g.seats.TryAcquire(1) {
		if urgent, err := l.queue(func(ctx context.Context) error { return g.seats.Acquire(ctx, 1) }); urgent || err != nil {
			return err
		}
	}
	l.seated.Store(true)
	if g.store.sizes == nil {
		return nil
	}
	n := min(g.store.sizes.guess(l.key), g.store.max)
	if !g.store.tryReserve(n) {
		if urgent, err := l.queue(func(ctx context.Context) error { return g.store.reserve(ctx, n) }); urgent || err != nil {
			return err
		}
	}
	l.reserved.Store(n)
	return nil
}

// giveRoomBack may be called again, and while the load ends.
func (l *load[K, V]) giveRoomBack() {
	if l.reserved.Load() > 0 {
		l.group.store.giveBack(l.reserved.Swap(0))
	}
	if l.seated.Swap(false) {
		l.group.seats.Release(1)
	}
}

// keep stores what fn has returned, if there is room for it and it is still wanted. It
// returns where the value is from then on.
func (l *load[K, V]) keep() *answer[V] {
	g := l.group
	size := max(0, g.config.Cost(l.answer.value))
	g.totals.size.observe(size)
	if g.store.sizes != nil {
		g.store.sizes.learn(l.key, size)
	}
	life := g.pins.follow(l.key, unsafe.Pointer(&l.answer.value), size, l.answer.at)
	if g.config.lifespan() > 0 && size <= g.store.max {
		e := &entry[K, V]{key: l.key, load: l.id, size: size, life: life}
		e.value, e.at = l.answer.value, l.answer.at
		if l.store(e) {
			return &e.answer
		}
	}
	g.pins.release(life)
	return &l.answer
}

func (l *load[K, V]) store(e *entry[K, V]) bool {
	store := l.group.store
	if !store.turn(l.reserved.Swap(0), e.size) {
		return false
	}
	if !l.shard.put(l, e) {
		store.budget.Release(e.size)
		return false
	}
	return true
}

// put puts e in the place of what was kept before, unless l was forgotten.
func (s *shard[K, V]) put(l *load[K, V], e *entry[K, V]) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.wantsLocked(l) {
		return false
	}
	e.expiry = s.expire(e.key, e.load)
	s.dropLocked(s.kept[e.key])
	if !s.group.store.link(e) {
		e.expiry.Stop()
		return false
	}
	s.kept[e.key] = e
	delete(s.failed, e.key)
	return true
}

// extend returns the latest value of key if callers hold too many others to load
// another one, nil otherwise.
func (g *Group[K, V]) extend(key K) *answer[V] {
	if g.config.MaxGenerations == 0 {
		return nil
	}
	a := &answer[V]{extended: true}
	held, at, ok := g.pins.latest(key, unsafe.Pointer(&a.value))
	if !ok || held < g.config.MaxGenerations {
		return nil
	}
	a.at = at
	return a
}
