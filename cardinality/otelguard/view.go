package otelguard

import (
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/govitals/govitals/cardinality"
)

// DefaultViewValues is how many values all attributes of an instrument may have
// together in a [View], if [cardinality.MaxSets] does not say otherwise.
const DefaultViewValues = 500

// View bounds the attributes of every instrument of a provider of the SDK, also
// those of code that brings its own provider option or cannot be given a wrapped one:
//
//	group := cardinality.NewGroup(cardinality.GroupConfig{})
//	sdkmetric.NewMeterProvider(sdkmetric.WithView(otelguard.View(cardinality.In(group))), …)
//	v.Add(group)
//
// A filter of the SDK sees one attribute at a time. So [cardinality.MaxSets] is here
// the number of values that all attributes of an instrument have together, and
// an attribute whose value has no room is left out, not replaced: points
// with and without it stand side by side. Normalize cannot rewrite: a value that it
// would change is left out. [NewMeterProvider] has none of these limits and
// costs less. The SDK keeps attributes that were left out in exemplars.
//
// The SDK applies every view that matches, each as a stream of its own: if a program
// has others, their instruments have to be told apart with [Only].
//
// View panics if an option makes no sense.
func View(options ...cardinality.Option) sdkmetric.View {
	all := append([]cardinality.Option{cardinality.MaxSets(DefaultViewValues)}, options...)
	g := newGuards(all)
	return func(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
		in := g.instrument(scope{
			name: i.Scope.Name, version: i.Scope.Version, schema: i.Scope.SchemaURL, attributes: i.Scope.Attributes.Equivalent(),
		}, i.Name, i.Kind.String())
		return sdkmetric.Stream{Name: i.Name, Description: i.Description, Unit: i.Unit, AttributeFilter: in.keep}, true
	}
}

// Only has a view apply to some instruments: those for which match returns true.
func Only(match func(sdkmetric.Instrument) bool, view sdkmetric.View) sdkmetric.View {
	return func(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
		if !match(i) {
			return sdkmetric.Stream{}, false
		}
		return view(i)
	}
}

// keep reports whether an attribute may stay.
func (in *instrument) keep(kv attribute.KeyValue) bool {
	one := [1]attribute.KeyValue{kv}
	hash, ok := in.hash(one[:])
	if !ok {
		return false
	}
	if in.lists.findList(hash, one[:]) != nil {
		return true
	}
	o, asIs := in.resolve(one[:])
	if asIs {
		in.lists.add(&cached{hash: hash, list: copied(one[:]), options: o})
	}
	return asIs
}
