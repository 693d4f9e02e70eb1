package watch

import "time"

// crowd is what is known of all things in one stage at one moment.
type crowd struct {
	// count is how many there are, loose how many of them are in no chain.
	count, loose int64
	// oldest is the age of the oldest, total that of all together in seconds; of
	// those that are tracked.
	oldest time.Duration
	total  float64
	// moved is when something last came from the first stage to the second, 0 if
	// nothing ever did.
	moved int64
}

// crowd looks at each shard in turn: things that come and go meanwhile may be
// counted or not.
func (t *tracker[T]) crowd(at int64, of stage) (all crowd) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		c := &s.chains[of]
		all.count += c.count + c.loose
		all.loose += c.loose
		all.total += time.Duration(c.count*at - c.sum).Seconds()
		if c.oldest != nil {
			all.oldest = max(all.oldest, time.Duration(at-c.oldest.at))
		}
		all.moved = max(all.moved, s.moved)
		s.mu.Unlock()
	}
	return all
}

// each calls look with every thing of a stage that is tracked, shard by shard, the
// oldest of each first. It must be quick: it holds a lock.
func (t *tracker[T]) each(of stage, look func(k ticket[T], at int64, value *T)) {
	for i := range t.shards {
		t.shards[i].each(of, look)
	}
}

func (s *shard[T]) each(of stage, look func(k ticket[T], at int64, value *T)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r := s.chains[of].oldest; r != nil; r = r.newer {
		look(ticket[T]{s, r, r.number}, r.at, &r.value)
	}
}

// with calls use with what is kept with a thing, if it is still there in any stage.
func (t *tracker[T]) with(k ticket[T], use func(value *T)) {
	k.home.mu.Lock()
	defer k.home.mu.Unlock()
	if k.record.number == k.number {
		use(&k.record.value)
	}
}
