// Package flight lets many callers share one load of the same thing, and hands
// a good result out again for a moment:
//
//	g, err := flight.New[string](flight.Config[*Report]{Reuse: time.Second})
//	report, result, err := g.Do(ctx, "daily", func(ctx context.Context) (*Report, error) {
//		return build(ctx)
//	})
//
// The load runs on golang.org/x/sync/singleflight, one call for each flight.
// What callers of that package trip over is covered here:
//
//   - A caller leaves when its own context ends. The load goes on for the
//     others, and its context is cancelled when the last of them has left.
//   - The load does not see the first caller's context: neither its end nor its
//     values reach the others.
//   - A panic reaches every caller as a [PanicError] with its stack, and
//     runtime.Goexit as [ErrGoexit]. Nothing crashes and nothing hangs.
//   - Whether a load runs, and whether its result may be reused, is decided
//     under one lock. With [Config.Reuse] a herd causes one load however
//     slowly it arrives.
//   - A value that can be used while it grows, such as a stream, is shared from
//     the start of its load with [Group.Join].
//   - A load that nobody waits for is begun with [Group.Start] or [Group.Open], and
//     one that hangs is ended for its callers with [Group.GiveUp].
//   - A flight is removed by identity. A load that was forgotten or abandoned
//     cannot remove, or stand in for, the one that came after it.
//
// # Cost
//
// A load costs a goroutine, a flight and a channel, 4 allocations in all, and some
// 1.6 times the time of DoChan; its context is made when it is asked for, and its
// stack is grown at once where [Config.DeepLoads] or results are kept. A caller
// who joins costs nothing more than its own wait, and one who is handed a kept
// result allocates nothing. One lock guards the whole group; it is never held
// while user code runs or while waiting callers are woken.
//
// A kept result is dropped when its time is over, without anyone asking for
// it. While it is kept, the group holds one entry for each key: that the keys
// are few, or the values small, is up to the caller.
//
// # What it cannot see
//
// A load that ignores its context. It runs on after everyone has left; its key
// is free at once, so the next caller starts a second load beside it.
//
// Loads that wait for each other in a ring over several keys or groups. A load
// that asks for its own key gets [ErrOwnKey]; longer rings wait until their
// contexts end.
//
// Changes made to a shared value. All callers get the same one and must not
// write to it.
package flight
