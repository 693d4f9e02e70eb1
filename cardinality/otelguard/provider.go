package otelguard

import (
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/embedded"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/finding"
	govitals "github.com/govitals/govitals/metric"
)

// DefaultMaxSets is the number of attribute sets of an instrument, if
// [cardinality.MaxSets] does not say otherwise: as many as, with those of the
// overflow, stay below the 2,000 at which the SDK merges all further ones into one
// without attributes.
const DefaultMaxSets = 1700

// NewMeterProvider puts a guard in front of a provider:
//
//	provider := otelguard.NewMeterProvider(sdkmetric.NewMeterProvider(…), cardinality.MaxValues("http.route", 200))
//	otel.SetMeterProvider(provider)
//
// Each of its instruments has a guard of its own, by the same options, those for a
// label where there is an attribute of that name. The result is a *[MeterProvider],
// which reports. It panics if to is nil or an option makes no sense.
func NewMeterProvider(to metric.MeterProvider, options ...cardinality.Option) metric.MeterProvider {
	if to == nil {
		panic("otelguard: the provider to guard is nil: give that of the SDK, or otel.GetMeterProvider()")
	}
	p := &MeterProvider{to: to, guards: newGuards(options)}
	return p
}

// MeterProvider is a metric.MeterProvider whose instruments keep their attribute
// sets bounded. It is a metric.Source and a finding.Source of govitals, which
// vitals.Add takes:
//
//	v.Add(provider.(*otelguard.MeterProvider))
type MeterProvider struct {
	embedded.MeterProvider
	to metric.MeterProvider
	*guards
}

var (
	_ metric.MeterProvider = (*MeterProvider)(nil)
	_ finding.Source       = (*MeterProvider)(nil)
	_ govitals.Source      = (*MeterProvider)(nil)
	_ cardinality.Overview = (*MeterProvider)(nil)
)

// Meter implements [metric.MeterProvider].
func (p *MeterProvider) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	cfg := metric.NewMeterConfig(opts...)
	attributes := cfg.InstrumentationAttributes()
	return meter{to: p.to.Meter(name, opts...), guards: p.guards, scope: scope{
		name: name, version: cfg.InstrumentationVersion(), schema: cfg.SchemaURL(), attributes: attributes.Equivalent(),
	}}
}

// scope is what the SDK tells meters apart by.
type scope struct {
	name, version, schema string
	attributes            attribute.Distinct
}

// identity is what tells the guards of instruments apart. An instrument that is
// made twice is one in the SDK too.
type identity struct {
	scope
	instrument, kind string
}

// guards are the guards of all instruments: as many as the program makes.
type guards struct {
	options []cardinality.Option
	group   *cardinality.Group

	mu   sync.Mutex
	all  map[identity]*instrument
	list []*instrument
}

func newGuards(options []cardinality.Option) *guards {
	g := &guards{group: cardinality.NewGroup(cardinality.GroupConfig{}), all: map[identity]*instrument{}}
	// An option that makes no sense shows now, not at the first instrument.
	trial := cardinality.NewGroup(cardinality.GroupConfig{})
	cardinality.NewVec(nil, func([]string) int { return 0 },
		slices.Concat(options, []cardinality.Option{cardinality.OpenLabels(maxKeys), cardinality.In(trial)})...)
	g.options = append([]cardinality.Option{cardinality.In(g.group)}, options...)
	return g
}

// instrument returns what knows the sets of an instrument.
func (g *guards) instrument(s scope, name, kind string) *instrument {
	g.mu.Lock()
	defer g.mu.Unlock()
	id := identity{scope: s, instrument: strings.ToLower(name), kind: kind}
	in := g.all[id]
	if in == nil {
		in = newInstrument(g.unused(name, s), strings.HasSuffix(kind, "Gauge"), g.options)
		g.all[id] = in
		g.list = append(g.list, in)
	}
	return in
}

// unused returns the name that an instrument is reported by: two of the same name
// are told apart by their scope.
func (g *guards) unused(name string, s scope) string {
	taken := func(name string) bool {
		return slices.ContainsFunc(g.list, func(in *instrument) bool { return in.name == name })
	}
	if taken(name) {
		name += " of " + s.name
	}
	for taken(name) {
		name += "'"
	}
	return name
}
