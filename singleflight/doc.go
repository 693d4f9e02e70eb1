// Package singleflight lets many callers share one load of the same thing, and
// hands its value out again for a moment:
//
//	catalog := singleflight.New(singleflight.Config[string, []byte]{Name: "catalog", Reuse: time.Second})
//	body, result, err := catalog.Do(r.Context(), key, func(ctx context.Context) ([]byte, error) {
//		return fetch(ctx, key)
//	})
//
// Sharing alone is not enough for one load: ten thousand callers take longer to
// arrive than most loads to end, and who comes a moment later starts another. With
// [Config.Reuse] there is one load however slowly the herd arrives.
//
// # What a caller need not fear
//
// It is built on golang.org/x/sync/singleflight and covers what callers of that
// trip over:
//
//   - A caller leaves when its own context ends, and takes nobody along. The load
//     sees neither the end nor the values of that context, but for those in
//     [Config.Values]; it is cancelled when the last caller has left.
//   - A panic in a load is a [PanicError] with its stack for every caller, and
//     runtime.Goexit is [ErrGoexit].
//   - A load that hangs and ignores its context is given up after
//     [Config.AbandonAfter]. Its callers begin another one, and the stack of the
//     one that hangs is reported.
//   - What is forgotten or given up neither removes what came after it nor stands
//     in for it.
//
// # What bounds it
//
// MaxBytes bounds the bytes of values that are kept plus those set aside for loads
// that run; what does not fit drops the values that were used least, or queues.
// MaxEntries bounds the values, MaxLoads the loads that run, and as many may hang;
// MaxWaiters the callers of one load and the queue, MaxGenerations the values of
// one key that slow callers still hold. At most 8,192 errors, 4,096 sizes of keys
// and 65,536 values that callers hold are remembered.
//
// # What it tells
//
// A Group is a metric.Source, with the same number of series however many keys
// there are, and a finding.Source: give it to vitals with Add. [Group.Flights]
// lists what runs at the moment.
//
// # Cost
//
// To be handed a value that is kept takes about as long as reading a cache, some
// 0.1 µs, and allocates nothing. A load takes some 2 µs and 4 allocations more than
// the function itself, a good two times DoChan of x/sync, three times where its value is
// kept, and three to four with LoadTimeout, twice that if the function looks at the end
// of its context: do not wrap what takes microseconds. A caller who waits costs some
// 100 bytes beside its goroutine, and no goroutine of ours.
//
// A kept value costs some 300 bytes and a timer. Keys are spread over 32 locks, none
// of which is held while user code runs or callers are woken. Of values of 4 KiB
// or more the garbage collector tells when the last caller has let go.
//
// The stack of a hung load comes from a goroutine profile, at most once a minute,
// which takes some 3 µs for each goroutine of the process and stops none of them
// for longer than a fraction of a millisecond. The price is a pprof label for each
// load and a timer for each lock, if AbandonAfter is set.
//
// # What it cannot see
//
// Changes made to a shared value. All callers get the same one and must not write
// to it; nor may it be memory that is reused, such as that of a pooled buffer.
//
// How much a load will take before it has ended. What is reserved is a guess from
// earlier ones, so a load that returns more than before exceeds MaxBytes by the
// difference until it has returned. What callers hold is not bounded at all, only
// counted, as of the last collection, and only if V is a pointer, a slice or a
// string. Memory that is not of Go's heap is not followed.
//
// Loads that wait for each other in a ring over several keys or groups. A load
// that asks for its own key gets [ErrOwnKey]; longer rings wait until contexts
// end or the loads are given up.
//
// A goroutine that hangs cannot be ended. It keeps what it holds, and is counted,
// until its function returns.
package singleflight
