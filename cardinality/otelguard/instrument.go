package otelguard

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/govitals/govitals/cardinality"
)

const (
	// maxKeys is how many attribute keys of an instrument are labels of their own. All
	// further ones make one label together, the last.
	maxKeys = 16
	further = maxKeys - 1
	// furtherKeys is the name of that label.
	furtherKeys = "(further keys)"
	// maxShapes is how many combinations of keys a set of the overflow is exported
	// with.
	maxShapes = 8
	// bytesPerSet is what a histogram of 15 buckets holds in the SDK, with its
	// exemplars, and here. A sum holds less.
	bytesPerSet = 3700
	// reserved is the key by which the SDK marks its own overflow.
	reserved attribute.Key = "otel.metric.overflow"
)

// instrument knows the attribute sets of one instrument: those that were admitted,
// and what the others become.
type instrument struct {
	name    string
	isGauge bool
	vec     *cardinality.Vec[*point]
	keys    atomic.Pointer[[]attribute.Key] // by place in the vec
	learn   sync.Mutex                      // held while a key is added
	crowded atomic.Bool                     // there are further keys

	seed   maphash.Seed
	factor uint64 // odd and secret: it hashes numbers
	lists  cache  // by attributes, in the order of the caller
	sets   cache  // by attribute.Set

	gauges     atomic.Uint64 // values of a gauge that had no set of their own
	attributes atomic.Uint64 // attributes that could not be kept
}

func newInstrument(name string, isGauge bool, options []cardinality.Option) *instrument {
	in := &instrument{name: name, isGauge: isGauge, seed: maphash.MakeSeed()}
	in.factor = maphash.String(in.seed, name) | 1
	in.keys.Store(new([]attribute.Key))
	all := append([]cardinality.Option{
		cardinality.Name(name), cardinality.BytesPerSet(bytesPerSet), cardinality.MaxSets(DefaultMaxSets),
	}, options...)
	all = append(all, cardinality.OpenLabels(maxKeys))
	in.vec = cardinality.NewVec(nil, func(values []string) *point { return &point{values: values} }, all...)
	limit := 2 * in.vec.Guard().Stats().Limit // callers may pass a set in several orders
	in.lists.max, in.sets.max = limit, limit
	return in
}

// ofList returns what to give the SDK for attributes. attributes do not escape.
func (in *instrument) ofList(attributes []attribute.KeyValue) *options {
	hash, ok := in.hash(attributes)
	if !ok {
		o, _ := in.resolve(attributes)
		return o
	}
	if o := in.lists.findList(hash, attributes); o != nil {
		return o
	}
	o, ok := in.resolve(attributes)
	if ok {
		in.lists.add(&cached{hash: hash, list: copied(attributes), options: o})
	}
	return o
}

// noAttributes is a set that has none. Comparing with it takes a part of the time of
// attribute.Set.Len, which asks package reflect.
var noAttributes = new(attribute.Set).Equivalent()

// ofSet returns what to give the SDK for a set, whose Distinct is id. Like the SDK it
// takes two sets with the same Distinct for the same.
func (in *instrument) ofSet(id attribute.Distinct, set *attribute.Set) *options {
	hash := maphash.Comparable(in.seed, id)
	if o := in.sets.findSet(hash, id); o != nil {
		return o
	}
	var buffer [12]attribute.KeyValue
	attributes := buffer[:0]
	for i := range set.Len() {
		kv, _ := set.Get(i)
		attributes = append(attributes, kv)
	}
	o, ok := in.resolve(attributes)
	if ok {
		in.sets.add(&cached{hash: hash, set: id, options: o})
	}
	return o
}

// resolve asks the guard. asIs says that the SDK gets the attributes as they are,
// which is so for most sets that were admitted.
func (in *instrument) resolve(attributes []attribute.KeyValue) (o *options, asIs bool) {
	var values [maxKeys]string
	var present uint64
	asIs = true
	for i := range attributes {
		kv := &attributes[i]
		place, ok := in.place(kv.Key)
		switch {
		case !ok:
			in.attributes.Add(1)
			asIs = false
			continue
		case place == further:
			values[place] += emptyValue + string(kv.Key) + "=" + kv.Value.String()
		case present>>place&1 != 0:
			asIs = false // the same key twice: the last one counts
			fallthrough
		default:
			values[place] = encode(kv.Value)
		}
		present |= 1 << place
	}
	p, own := in.vec.Resolve(values[:]...)
	s := p.shape(in, attributes, &values, present, own)
	return s.options, asIs && own && s.asIs
}

// place returns where in the vec the values of a key are.
func (in *instrument) place(key attribute.Key) (place int, ok bool) {
	if i := slices.Index(*in.keys.Load(), key); i >= 0 {
		return i, true
	}
	if key == "" || key == reserved || key == furtherKeys {
		return 0, false
	}
	if len(*in.keys.Load()) == further && in.crowded.Load() {
		return further, true
	}
	in.learn.Lock()
	defer in.learn.Unlock()
	keys := *in.keys.Load()
	name := strings.Clone(string(key))
	if len(keys) == further {
		name = furtherKeys
		defer in.crowded.Store(true)
	}
	if place, ok = in.vec.Label(name); place == len(keys) && place < further {
		more := append(slices.Clone(keys), attribute.Key(name))
		in.keys.Store(&more)
	}
	return place, ok
}

// options are what the SDK is given for a set: made once, passed each time.
type options struct {
	add     [1]metric.AddOption
	record  [1]metric.RecordOption
	observe [1]metric.ObserveOption
	own     bool
}

func newOptions(attributes []attribute.KeyValue, own bool) *options {
	o := metric.WithAttributeSet(attribute.NewSet(attributes...))
	return &options{
		add: [1]metric.AddOption{o}, record: [1]metric.RecordOption{o}, observe: [1]metric.ObserveOption{o}, own: own,
	}
}
