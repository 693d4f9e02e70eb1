package promguard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/internal/loop"
)

// sweepEvery is how often a Registerer looks for new sets. What comes in between
// is what a vec may hold beyond its limit.
const sweepEvery = time.Second

// WrapRegisterer bounds the vecs of code that somebody else wrote:
//
//	library.New(promguard.WrapRegisterer(prometheus.DefaultRegisterer, cardinality.MaxSets(500)))
//
// It is [NewRegisterer] with a Start. The result is a *[Registerer], which has
// Close, Findings and more; a program that never closes it has one goroutine.
func WrapRegisterer(to prometheus.Registerer, options ...cardinality.Option) prometheus.Registerer {
	r := NewRegisterer(to, options...)
	_ = r.Start(context.Background()) // a new one starts
	return r
}

// Registerer puts a fence in front of each vec that is registered with it. Once a
// second, and at each scrape, it looks at the sets that are new in the vec. Those
// that are within the limits stay; the others are deleted in the vec, after what
// they hold was added to the set of the overflow.
//
// The options hold for each vec by itself, those for a label where there is one
// of that name. All vecs share the budget of a [cardinality.Group], unless
// [cardinality.In] names another.
//
// What it cannot do is said in the documentation of the package, and at run time
// by Findings.
type Registerer struct {
	to      prometheus.Registerer
	options []cardinality.Option
	group   *cardinality.Group
	loop    loop.Loop

	mu     sync.Mutex
	fences []*fence
	opens  []*open
	taken  map[string]bool // names of guards
}

// NewRegisterer returns a Registerer that looks at scrapes only until Start. It
// panics if to is nil or an option makes no sense.
func NewRegisterer(to prometheus.Registerer, options ...cardinality.Option) *Registerer {
	if to == nil {
		panic("promguard: the registerer to wrap is nil: give prometheus.DefaultRegisterer or a registry")
	}
	// An option that makes no sense shows now, not in the library that registers.
	trial := cardinality.NewGroup(cardinality.GroupConfig{})
	cardinality.NewVec(nil, func([]string) int { return 0 },
		slices.Concat(options, []cardinality.Option{cardinality.ForMany(), cardinality.In(trial)})...)
	r := &Registerer{to: to, group: cardinality.NewGroup(cardinality.GroupConfig{}), taken: map[string]bool{}}
	r.options = append([]cardinality.Option{cardinality.In(r.group)}, options...)
	return r
}

// Start begins to look once a second, until ctx ends or Close.
func (r *Registerer) Start(ctx context.Context) error {
	return r.loop.Start(ctx, loop.Config{Name: "promguard.Registerer", Every: sweepEvery, Step: func(context.Context) { r.sweep() }})
}

// Close ends what Start began. Vecs stay registered, and bounded at each scrape.
func (r *Registerer) Close() error { return r.loop.Close() }

func (r *Registerer) sweep() {
	for _, f := range r.all() {
		f.sweep()
	}
}

// all returns the fences of now.
func (r *Registerer) all() []*fence {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.fences)
}

// Register implements [prometheus.Registerer].
func (r *Registerer) Register(c prometheus.Collector) error {
	if c == nil {
		return errors.New("promguard: the collector to register is nil")
	}
	front, err := r.front(c)
	if err != nil {
		return err
	}
	if err := r.to.Register(front); err != nil {
		if f, ok := front.(*fence); ok {
			f.sets.Guard().Leave()
			r.release(f.name)
		}
		return original(err, c)
	}
	r.keep(front)
	return nil
}

// keep notes what was registered. What had its names was unregistered at the registry
// itself: else that would have refused.
func (r *Registerer) keep(front prometheus.Collector) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch f := front.(type) {
	case *fence:
		r.drop(f.names)
		r.fences = append(r.fences, f)
	case *open:
		if len(f.names) > 0 { // there may be many that describe nothing
			r.drop(f.names)
		}
		r.opens = append(r.opens, f)
	}
}

// front returns what to register in place of a collector.
func (r *Registerer) front(c prometheus.Collector) (prometheus.Collector, error) {
	if _, guarded := c.(interface{ Guard() *Guard }); guarded {
		return c, nil
	}
	if vec, ok := c.(deleter); ok {
		if id, err := identityOf(vec); err == nil && len(id.variables) > 0 && id.isWhole(rawVec(vec)) == nil {
			return r.fence(vec, id)
		}
	}
	return &open{Collector: c, names: fullNames(c)}, nil
}

// fence returns the error that NewVec panics with.
func (r *Registerer) fence(vec deleter, id identity) (f *fence, err error) {
	name := r.reserve(id)
	defer func() {
		if fault := recover(); fault != nil {
			r.release(name)
			err = fmt.Errorf("promguard: cannot guard metric %q: %v", id.name, fault)
		}
	}()
	options := append([]cardinality.Option{cardinality.Name(name), cardinality.BytesPerSet(kindBytes(vec)), cardinality.ForMany()}, r.options...)
	return newFence(vec, id, name, options), nil
}

// reserve returns the name that a vec is reported by: those of the same name are told
// apart by their constant labels.
func (r *Registerer) reserve(id identity) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := id.name
	if r.taken[name] {
		name = id.full()
	}
	for r.taken[name] {
		name += "'"
	}
	r.taken[name] = true
	return name
}

func (r *Registerer) release(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.taken, name)
}

// MustRegister implements [prometheus.Registerer]: it panics if Register fails.
func (r *Registerer) MustRegister(collectors ...prometheus.Collector) {
	for _, c := range collectors {
		if err := r.Register(c); err != nil {
			panic(err)
		}
	}
}

// Unregister implements [prometheus.Registerer]. What a vec holds in its overflow
// goes with it. For a vec of this package see [Guard].
func (r *Registerer) Unregister(c prometheus.Collector) bool {
	// A registry knows collectors by their descriptions, which are those of c.
	if !r.to.Unregister(c) {
		return false
	}
	names := fullNames(c)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(names)
	return true
}

// drop lets go of what has these names. Under the mutex.
func (r *Registerer) drop(names []string) {
	r.opens = slices.DeleteFunc(r.opens, func(o *open) bool { return slices.Equal(o.names, names) })
	r.fences = slices.DeleteFunc(r.fences, func(f *fence) bool {
		if !slices.Equal(f.names, names) {
			return false
		}
		f.sets.Guard().Leave()
		delete(r.taken, f.name)
		return true
	})
}

// original puts the collectors that the user knows into an error.
func original(err error, c prometheus.Collector) error {
	var already prometheus.AlreadyRegisteredError
	if !errors.As(err, &already) {
		return err
	}
	already.NewCollector = c
	switch front := already.ExistingCollector.(type) {
	case *fence:
		already.ExistingCollector = front.vec
	case *open:
		already.ExistingCollector = unwrapped(front.Collector)
	}
	return already
}

// unwrapped returns what is inside a collector of prometheus.WrapRegistererWith, as
// the error of a registry does: nobody else can look inside.
func unwrapped(c prometheus.Collector) prometheus.Collector {
	registry := prometheus.NewRegistry()
	_ = registry.Register(c)
	var already prometheus.AlreadyRegisteredError
	if errors.As(registry.Register(c), &already) {
		return already.ExistingCollector
	}
	return c
}
