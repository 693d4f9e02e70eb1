package otelguard

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
)

// point is what the guard keeps for a set. It has no way to be demoted: the SDK
// frees nothing that it has once seen.
type point struct {
	values []string // as the guard shows them: canonical, or the marker

	mu     sync.Mutex
	shapes atomic.Pointer[[]*shape] // at most maxShapes
}

// shape is a combination of keys that a set is exported with. A set that was
// admitted has one. In one of the overflow a label may show the marker that some
// of those who share it do not have: they are kept apart.
type shape struct {
	present uint64 // places of the keys
	options *options
	asIs    bool // no value was changed
}

// shape returns the shape with these keys, made now if it is new.
func (p *point) shape(in *instrument, attributes []attribute.KeyValue, values *[maxKeys]string, present uint64, own bool) *shape {
	if s := p.find(present); s != nil {
		return s
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.find(present); s != nil {
		return s
	}
	s := p.build(in, attributes, values, present, own)
	var all []*shape
	if old := p.shapes.Load(); old != nil {
		all = slices.Clone(*old)
	}
	all = append(all, s)
	p.shapes.Store(&all)
	return s
}

// find returns nil if there is room for one more shape and there is none like this.
func (p *point) find(present uint64) *shape {
	all := p.shapes.Load()
	if all == nil {
		return nil
	}
	for _, s := range *all {
		if s.present == present {
			return s
		}
	}
	if len(*all) >= maxShapes {
		return (*all)[0]
	}
	return nil
}

// build makes the attributes that the SDK gets: those of the caller, of the same
// type, where the guard left the value alone.
func (p *point) build(in *instrument, attributes []attribute.KeyValue, values *[maxKeys]string, present uint64, own bool) *shape {
	s := &shape{present: present, asIs: true}
	list := make([]attribute.KeyValue, 0, len(attributes))
	for _, kv := range attributes {
		place, ok := in.place(kv.Key)
		if !ok {
			continue
		}
		shown := p.values[place]
		if place == further {
			if shown == values[place] {
				list = append(list, copied([]attribute.KeyValue{kv})...)
			}
			s.asIs = s.asIs && shown == values[place] // else there is no key to show the marker at
			continue
		}
		key := (*in.keys.Load())[place]
		switch {
		case shown != values[place]:
			kv = key.String(decode(shown))
			s.asIs = false
		case kv.Value.Type() == attribute.STRING:
			kv = key.String(decode(shown)) // a copy that the guard made
		default:
			kv.Key, kv.Value = key, copiedValue(kv.Value)
		}
		list = append(list, kv)
	}
	s.options = newOptions(list, own)
	return s
}

// The guard takes "" for a label that a set does not have, so a value that is empty
// is told from it by a zero byte, and one that begins with that gets another.
const emptyValue = "\x00"

func encode(v attribute.Value) string {
	text := v.String()
	if text == "" || text[0] == emptyValue[0] {
		return emptyValue + text
	}
	return text
}

func decode(text string) string { return strings.TrimPrefix(text, emptyValue) }
