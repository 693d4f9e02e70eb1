package singleflight

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"time"
)

const (
	defaultMaxBytes   = 64 << 20
	defaultMaxEntries = 1 << 16
	defaultMaxLoads   = 1024
)

// Config sets up a [Group]. The zero value shares loads that run and keeps
// nothing.
type Config[K comparable, V any] struct {
	// Name tells groups apart in metrics, findings and labels of profiles. Two
	// groups of one process should not have the same.
	// Default: "default".
	Name string
	// Reuse is how long a value is handed out again, counted from the end of
	// its load. With it a herd causes one load however slowly it arrives.
	// Default: 0, not at all.
	Reuse time.Duration
	// Stale is for how long after Reuse a value is still handed out at once,
	// while one load fetches the next (stale-while-revalidate, RFC 5861).
	// Default: 0, not at all.
	Stale time.Duration
	// StaleIfError is for how long after Reuse a value stands in when its load
	// fails, whatever way it fails.
	// Default: 0, not at all.
	StaleIfError time.Duration
	// ErrorReuse is how long an error that a load returned is handed out
	// again, in place of asking an origin that is down once more.
	// Default: 0, not at all.
	ErrorReuse time.Duration
	// LoadTimeout ends the context of a load with [ErrLoadTimeout]. Time spent
	// in the queue of MaxLoads and MaxBytes does not count.
	// Default: 0, a load ends with the last of its callers.
	LoadTimeout time.Duration
	// AbandonAfter is when a load that still runs counts as hung: it is given
	// up, its stack is reported, and its callers begin another one, once.
	// Default: twice LoadTimeout, and never without that.
	AbandonAfter time.Duration
	// MaxBytes bounds the bytes of values that are kept plus those that are
	// reserved for loads that run. What a load reserves is the last size of its
	// key, and else a typical one, at first an eighth of MaxBytes; loads queue
	// where there is no room. A larger value is handed out and not kept.
	// Default: 0, 64 MiB are kept and nothing is reserved.
	MaxBytes int64
	// Cost returns the bytes that a value takes.
	// Default: the length of a string or []byte, for others the size of V
	// itself.
	Cost func(V) int64
	// MaxEntries bounds the number of values that are kept.
	// Default: 65,536.
	MaxEntries int
	// MaxLoads is how many loads of different keys run at a time; more queue.
	// A load that is asked for by another load of the group runs beside them.
	// It is also how many hung loads there may be before the group refuses to
	// start more.
	// Default: 1,024.
	MaxLoads int
	// MaxWaiters is how many callers may wait for one load besides its first,
	// and how many loads may queue; others get [ErrTooManyWaiters].
	// Default: 0, no limit: each is a caller that is there anyway.
	MaxWaiters int
	// MaxGenerations bounds how many values of one key, 4 KiB or larger, may be
	// alive besides the one that is kept, because slow callers hold them. At the
	// bound the latest one is handed out as stale in place of a new load. It is
	// the garbage collector that notices that nobody holds a value.
	// Default: 0, no limit.
	MaxGenerations int
	// Values lists the keys of context values that a load sees. They are those
	// of the caller who began it, and the result goes to all: allow what
	// describes the work, such as a trace, and not who asks.
	// Default: none.
	Values []any
	// OnHung is called for each load that was given up, one call at a time.
	// Default: nil, it is logged.
	OnHung func(context.Context, Hung[K])
	// Logger gets what no caller does: hung loads without OnHung, and failures
	// of loads that run in the background.
	// Default: slog.Default().
	Logger *slog.Logger
}

// Validate returns an error that names the first field that is wrong.
func (c Config[K, V]) Validate() error {
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"Reuse", c.Reuse},
		{"Stale", c.Stale},
		{"StaleIfError", c.StaleIfError},
		{"ErrorReuse", c.ErrorReuse},
		{"LoadTimeout", c.LoadTimeout},
		{"AbandonAfter", c.AbandonAfter},
	} {
		if d.value < 0 || d.value > longest {
			return fmt.Errorf("singleflight: Config.%s is %v: use 0 to %v", d.field, d.value, longest)
		}
	}
	for _, n := range []struct {
		field string
		value int64
	}{
		{"MaxBytes", c.MaxBytes},
		{"MaxEntries", int64(c.MaxEntries)},
		{"MaxLoads", int64(c.MaxLoads)},
		{"MaxWaiters", int64(c.MaxWaiters)},
		{"MaxGenerations", int64(c.MaxGenerations)},
	} {
		if n.value < 0 {
			return fmt.Errorf("singleflight: Config.%s is %d: use 0 for the default, or more", n.field, n.value)
		}
	}
	for i, key := range c.Values {
		if key == nil || !reflect.TypeOf(key).Comparable() {
			return fmt.Errorf("singleflight: Config.Values[%d] is %T, which cannot be a key: use that of context.WithValue", i, key)
		}
	}
	return nil
}

// longest bounds every duration, so that sums of them do not overflow.
const longest = 10 * 365 * 24 * time.Hour

func (c Config[K, V]) withDefaults() Config[K, V] {
	if c.Name == "" {
		c.Name = "default"
	}
	if c.MaxEntries == 0 {
		c.MaxEntries = defaultMaxEntries
	}
	if c.MaxLoads == 0 {
		c.MaxLoads = defaultMaxLoads
	}
	if c.AbandonAfter == 0 {
		c.AbandonAfter = 2 * c.LoadTimeout
	}
	if c.Cost == nil {
		c.Cost = costOf[V]()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// lifespan returns how long a value is kept in all.
func (c *Config[K, V]) lifespan() time.Duration { return c.Reuse + max(c.Stale, c.StaleIfError) }

// room returns how many bytes may be kept.
func (c *Config[K, V]) room() int64 {
	if c.MaxBytes == 0 {
		return defaultMaxBytes
	}
	return c.MaxBytes
}
