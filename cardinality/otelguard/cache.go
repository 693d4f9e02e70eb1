package otelguard

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
)

// cache holds what became of attributes that were admitted as they are. It is a hash
// table with open addressing that is read without a lock. Where it is full it starts
// anew: the guard knows the sets, the cache only saves asking it.
type cache struct {
	slots atomic.Pointer[[]atomic.Pointer[cached]]
	mu    sync.Mutex
	live  int
	max   int
}

// cached is found by its list or by its set.
type cached struct {
	hash    uint64
	options *options
	set     attribute.Distinct
	list    []attribute.KeyValue
}

const leastSlots = 16

func (c *cache) findList(hash uint64, list []attribute.KeyValue) *options {
	slots := c.slots.Load()
	if slots == nil {
		return nil
	}
	last := uint64(len(*slots) - 1)
	for i := hash >> 32; ; i++ {
		e := (*slots)[i&last].Load()
		if e == nil {
			return nil
		}
		if e.hash == hash && sameList(e.list, list) {
			return e.options
		}
	}
}

func (c *cache) findSet(hash uint64, set attribute.Distinct) *options {
	slots := c.slots.Load()
	if slots == nil {
		return nil
	}
	last := uint64(len(*slots) - 1)
	for i := hash >> 32; ; i++ {
		e := (*slots)[i&last].Load()
		if e == nil {
			return nil
		}
		if e.hash == hash && e.set == set {
			return e.options
		}
	}
}

func sameList(a, b []attribute.KeyValue) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Key != b[i].Key || a[i].Value != b[i].Value {
			return false
		}
	}
	return true
}

// copied returns attributes that share no memory with those of a caller.
func copied(attributes []attribute.KeyValue) []attribute.KeyValue {
	list := slices.Clone(attributes)
	for i := range list {
		kv := &list[i]
		kv.Key, kv.Value = attribute.Key(strings.Clone(string(kv.Key))), copiedValue(kv.Value)
	}
	return list
}

// copiedValue returns a value whose strings are copies: each may be a part of something
// large, as the headers of a request are.
func copiedValue(v attribute.Value) attribute.Value {
	switch v.Type() {
	case attribute.STRING:
		return attribute.StringValue(strings.Clone(v.AsString()))
	case attribute.STRINGSLICE:
		texts := v.AsStringSlice()
		for i := range texts {
			texts[i] = strings.Clone(texts[i])
		}
		return attribute.StringSliceValue(texts)
	case attribute.SLICE:
		values := v.AsSlice()
		for i := range values {
			values[i] = copiedValue(values[i])
		}
		return attribute.SliceValue(values...)
	}
	return v
}

// add may add what was added meanwhile by another goroutine. That does no harm.
func (c *cache) add(e *cached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slots := c.slots.Load()
	switch {
	case slots == nil || c.live >= c.max:
		slots, c.live = c.grown(nil, leastSlots), 0
	case 2*c.live >= len(*slots):
		slots = c.grown(*slots, 2*len(*slots))
	}
	put(*slots, e)
	c.live++
}

func (c *cache) grown(old []atomic.Pointer[cached], size int) *[]atomic.Pointer[cached] {
	slots := make([]atomic.Pointer[cached], size)
	for i := range old {
		if e := old[i].Load(); e != nil {
			put(slots, e)
		}
	}
	c.slots.Store(&slots)
	return &slots
}

func put(slots []atomic.Pointer[cached], e *cached) {
	last := uint64(len(slots) - 1)
	for i := e.hash >> 32; ; i++ {
		if slots[i&last].CompareAndSwap(nil, e) {
			return
		}
	}
}

// multiplier is 2^64 divided by the golden ratio, odd.
const multiplier = 0x9E3779B97F4A7C15

// hash returns a hash of attributes that nobody outside can predict. Of a key it
// takes little: those of an instrument are few. ok is false if a key is empty.
func (in *instrument) hash(attributes []attribute.KeyValue) (hash uint64, ok bool) {
	hash = uint64(len(attributes))
	for i := range attributes {
		kv := &attributes[i]
		n := len(kv.Key)
		if n == 0 {
			return 0, false
		}
		hash = (hash ^ in.hashOf(&kv.Value) ^ uint64(n)<<8 ^ uint64(kv.Key[n-1])) * multiplier
	}
	return hash ^ hash>>29, true
}

func (in *instrument) hashOf(v *attribute.Value) uint64 {
	switch v.Type() {
	case attribute.STRING:
		return maphash.String(in.seed, v.AsString())
	case attribute.INT64, attribute.BOOL, attribute.FLOAT64:
		// Both halves of the product: the low one has as many zeros at its end as the
		// number, and a float has many.
		high, low := bits.Mul64(uint64(v.AsInt64()), in.factor)
		return high ^ low
	}
	return maphash.Comparable(in.seed, *v)
}
