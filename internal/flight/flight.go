package flight

import (
	"context"
	"os"
	"runtime/debug"
	"strconv"
	"time"
)

// maxNames bounds the names that a group keeps for flights to come.
const maxNames = 64

// enter returns the flight that answers a call of Do, and in which role the caller
// takes part: by starting it, by joining it, or by reusing its result. The place of a
// new flight comes from room.
func (g *Group[K, V]) enter(key K, room func() *Flight[K, V]) (*Flight[K, V], Result, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.enterLocked(key, false, room)
}

func (g *Group[K, V]) enterLocked(key K, open bool, room func() *Flight[K, V]) (*Flight[K, V], Result, error) {
	f, age, kept := g.kept(key)
	switch {
	case f == nil || !kept && f.over:
		return g.start(key, f, room()), Result{Source: Loaded}, nil
	case f.open != open:
		return nil, Result{}, errMixed
	case kept:
		return f, Result{Source: Reused, Age: age}, nil
	}
	return f, Result{Source: Shared}, g.join(f)
}

// kept returns the flight of key, nil if there is none, and the age of its
// result if that may still be handed out. The timer that drops it may be late,
// so the clock decides.
func (g *Group[K, V]) kept(key K) (*Flight[K, V], time.Duration, bool) {
	f := g.flights[key]
	if f == nil || f.keeping == nil {
		return f, 0, false
	}
	age := time.Since(f.keeping.ended)
	return f, age, age < f.reuse
}

func (g *Group[K, V]) join(f *Flight[K, V]) error {
	if limit := g.config.MaxWaiters; limit > 0 && f.waiters > limit {
		return ErrTooManyWaiters
	}
	f.waiters++
	return nil
}

// loading is the key under which the context of a load carries its flight.
type loading struct{}

// Value implements [context.Context].
func (f *Flight[K, V]) Value(key any) any {
	if key == (loading{}) {
		return f
	}
	return f.lookup(key)
}

// wait returns what came of f, in the role of result. The caller leaves when
// ctx ends first, or when it is the load itself, which joins f then.
func (g *Group[K, V]) wait(ctx context.Context, key K, f *Flight[K, V], result Result) (V, Result, error) {
	var none V
	if result.Source == Shared && ctx.Value(loading{}) == any(f) {
		g.leave(key, f)
		return none, Result{}, ErrOwnKey
	}
	select {
	case <-f.landed:
		value, err := f.answer()
		return value, result, err
	case <-ctx.Done():
		g.leave(key, f)
		return none, Result{}, context.Cause(ctx)
	}
}

// answer returns what came of a flight that has landed.
func (f *Flight[K, V]) answer() (V, error) {
	if f.lost != nil {
		var none V
		return none, f.lost
	}
	return f.value, f.err
}

// start makes f known, in place of an expired flight if there is one. Whoever called
// it lets f begin.
func (g *Group[K, V]) start(key K, expired, f *Flight[K, V]) *Flight[K, V] {
	if expired != nil {
		g.remove(key, expired)
	}
	if g.flights == nil {
		g.flights = make(map[K]*Flight[K, V])
	}
	g.started++
	f.group, f.key, f.name, f.landed, f.waiters = g, key, g.name(), make(chan struct{}), 1
	g.flights[key] = f
	return f
}

// name returns a key for the engine that no flight has at the moment.
func (g *Group[K, V]) name() string {
	last := len(g.free) - 1
	if last < 0 {
		return strconv.FormatUint(g.started, 36)
	}
	name := g.free[last]
	g.free = g.free[:last]
	return name
}

// begin lets a flight begin with its load.
func (f *Flight[K, V]) begin(job Load[V]) {
	f.job = job
	go f.fly()
}

// fly runs the load in the engine. That is a call of Do on a goroutine of the
// flight, and not DoChan, which would need a second channel.
func (f *Flight[K, V]) fly() {
	if f.group.config.deep() {
		growStack()
	}
	defer f.land() // also if the load ends the goroutine
	_, _, _ = f.group.engine.Do(f.name, f.run)
}

// growStack makes the stack of a new goroutine large enough for a load while there
// is nothing on it to be copied and adjusted, frame by frame. Later that takes
// longer than all else that a flight does.
//
//go:noinline
func growStack() byte {
	var room [2 << 10]byte
	return room[len(os.Args)&1] // which the compiler cannot know, so room is there
}

// run calls the load to its end, whatever that is.
func (f *Flight[K, V]) run() (any, error) {
	f.err = ErrGoexit
	defer f.catch()
	job := f.job
	f.job = nil // what it holds is garbage when it has returned
	value, err := job.Load(f)
	if err == nil {
		f.reuse = f.reuseFor(value)
	}
	f.value, f.err = value, err
	return nil, nil
}

// catch turns a panic into an error. It is deferred.
func (f *Flight[K, V]) catch() {
	if value := recover(); value != nil {
		f.err = &PanicError{Value: value, Stack: debug.Stack()}
	}
}

// reuseFor returns how long the result of f is handed out again: not at all if
// it was forgotten or abandoned.
func (f *Flight[K, V]) reuseFor(value V) time.Duration {
	g := f.group
	if g.config.Reuse <= 0 && g.config.ReuseFor == nil {
		return 0
	}
	g.mu.Lock()
	current := g.flights[f.key] == f
	if f.open {
		value = f.opened
	}
	g.mu.Unlock()
	if !current {
		return 0
	}
	return g.config.reuse(value)
}

// land ends the flight: it keeps the result for reuse or drops it, and wakes
// everyone who waits, outside the lock. For a load that was given up nothing is
// left to do but that.
func (f *Flight[K, V]) land() {
	if f.touchDown() {
		f.end(context.Canceled)
		close(f.landed)
	}
}

// touchDown reports whether the flight ends with what the load returned.
func (f *Flight[K, V]) touchDown() bool {
	g := f.group
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.free) < maxNames {
		g.free = append(g.free, f.name)
	}
	if f.over {
		return false
	}
	f.over = true
	switch {
	case g.flights[f.key] != f: // forgotten or abandoned
	case f.reuse > 0 && f.err == nil:
		f.keeping = g.keep(f.reuse, f.key)
	default:
		g.drop(f)
	}
	return true
}

// leave takes one caller off the flight. When the last one goes, nobody may
// join any more and the load is cancelled.
func (g *Group[K, V]) leave(key K, f *Flight[K, V]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leaveLocked(key, f)
}

func (g *Group[K, V]) leaveLocked(key K, f *Flight[K, V]) {
	f.waiters--
	if f.waiters > 0 || f.over {
		return
	}
	g.remove(key, f)
	f.end(ErrAbandoned)
}

// keep drops a result when its time is over. The timer does not know the flight: a
// stopped timer may stay in the runtime's heap for a while and must not hold the value
// there.
func (g *Group[K, V]) keep(d time.Duration, key K) *keeping {
	k := &keeping{ended: time.Now()}
	k.expiry = time.AfterFunc(d, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if f := g.flights[key]; f != nil && f.keeping == k {
			g.drop(f)
		}
	})
	return k
}

// remove takes f, and no flight that came after it, out of the group.
func (g *Group[K, V]) remove(key K, f *Flight[K, V]) {
	if g.flights[key] == f {
		g.drop(f)
	}
}

// drop takes a flight out of the group that is in it.
func (g *Group[K, V]) drop(f *Flight[K, V]) {
	var none V
	f.opened = none
	if f.keeping != nil {
		f.keeping.expiry.Stop()
	}
	delete(g.flights, f.key)
	g.flights = Shrink(g.flights, &g.most)
}
