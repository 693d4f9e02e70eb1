// Package otelguard keeps the attribute sets of OpenTelemetry instruments bounded,
// also those of code that somebody else wrote.
//
//	provider := otelguard.NewMeterProvider(sdkmetric.NewMeterProvider(…),
//		cardinality.MaxValues("user_agent.original", 50))
//	otel.SetMeterProvider(provider)
//	v.Add(provider.(*otelguard.MeterProvider)) // of vitals.Start
//
// Instruments of such a provider work as those of the SDK: synchronous and
// observable ones, those of otelhttp and otelgrpc. What an attribute may hold, how many
// sets there may be and what happens then is said by options of package cardinality.
// Whatever is beyond shares a set in which the attribute that exploded shows
// "(other)" and all others stay true; keys stay as they are. The sums of counters
// and histograms are exact. Where the wrapper cannot be used there is [View], which
// leaves an attribute out instead. [SeriesSignal] counts what all instruments
// export, guarded or not, and says which metric{attribute} grows, and where the SDK
// itself has begun to merge sets.
//
// In code of your own, [Add] and [Record] are quicker than the methods:
//
//	otelguard.Record(ctx, seconds, elapsed.Seconds(), attribute.String("http.route", route))
//
// # What is different from the limit of the SDK
//
//   - The SDK merges all sets beyond 2,000 into one without attributes, says nothing,
//     and goes on until the restart. Here one attribute is given up, and a trip
//     says which, what its values look like, and who brought them.
//   - A value that looks like the marker gets a leading underscore. The attribute
//     otel.metric.overflow, by which the SDK marks its own, is left out where it
//     comes from outside, and counted.
//   - Values of gauges that stand for many sets are not recorded but counted
//     (govitals_cardinality_dropped_total): the last of many says nothing. Values of
//     observable counters add up, as the SDK does it for attributes that a view
//     leaves out.
//   - Nothing is demoted, whatever [cardinality.Retention] says: the SDK frees
//     nothing with cumulative temporality. Whoever came first keeps the place;
//     MaxValues for the attribute that may explode keeps the places of others free.
//   - Values are told apart by their text: 200 and "200" are one, of the type that
//     came first.
//   - The marker is a text, whatever type the attribute has: a backend that gives a field
//     the type of its first value may refuse it.
//   - The first 15 keys of an instrument are labels; all further ones make one label
//     together.
//
// # Cost
//
// Beside the same histogram of the SDK with metric.WithAttributes, three attributes,
// in turns in one process: [Record] takes 0.2 to 0.35 of the time and allocates
// nothing. The method Record takes 1.05 to 1.1 of it. No wrapper can take less than 0.7
// to 0.8: that is what metric.WithAttributes costs the caller if the instrument does
// nothing at all. With a set that was built before it takes 0.2, 1.2 of what the SDK
// takes for that. A record beyond the limit takes 1.2 to 1.5 times as long as one
// beyond the limit of the SDK, 2 to 2.5 times by the method.
// docs/PERFORMANCE.md has the figures. There is no goroutine and nothing to close.
//
// # What it cannot see
//
// Views of the SDK and what they leave out: the sets are those that callers pass.
// Delta temporality frees sets at each collection; the guard still counts them.
// Normalize is called at each record for a value that it changes, since only sets that
// stay as they are are remembered. Like the SDK it takes two attribute sets whose
// 64-bit hash is the same for one.
package otelguard
