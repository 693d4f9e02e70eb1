// Package cardinality keeps one thing per set of label values, and keeps the
// number of sets bounded. The thing is whatever your metrics library has: its
// histogram, its counter, an attribute set.
//
//	durations := cardinality.NewVec([]string{"method", "path"}, newHistogram,
//		cardinality.Name("http_request_duration"), cardinality.MaxSets(1000))
//	durations.With(r.Method, r.URL.Path).Observe(elapsed)
//
// Users of client_golang take package promguard, whose vecs have the methods they
// know, users of OpenTelemetry package otelguard.
//
// # What happens at the limit
//
// The label that brings new values shows a marker, "(other)"; the other labels
// stay true. No observation is lost: what has no set of its own is in one of the
// shared ones. Values that come often in the overflow get a place, from sets that
// nobody has used for as long as [Retention]; the totals of those go to the shared
// sets, if T is a [Folder], so that the sum over all sets never falls. A burst of
// junk thus does not keep real routes out. A [Trip] says which label it was, what
// its values look like, and who brought them; [OnTrip], [Log] and the findings of
// [Vec.Guard] pass it on. To see all vecs of a program at one place, and to give
// them one budget:
//
//	group := cardinality.NewGroup(cardinality.GroupConfig{})
//	… cardinality.NewVec(labels, newHistogram, cardinality.In(group))
//	v.Add(group) // of vitals.Start
//
// # Cost
//
// A hit takes no lock, allocates nothing and writes nothing: about 40 ns with three
// labels, less than half of the lookup of client_golang's vec. A lookup that
// overflows takes about 60 ns and allocates nothing either. A set takes 170 to 250 B
// besides its T and its values; from 64 sets on there are 8 KiB for each label,
// and 12 KiB after the first overflow. A vec has no goroutine and nothing to close:
// what has to be done from time to time is done by lookups that miss and by
// those who read figures, a bounded piece at a time. OnTrip and Log run on a
// goroutine that lasts as long as the call. docs/PERFORMANCE.md has the figures
// beside client_golang.
//
// # What it cannot see
//
// How often a set is hit: hits are not counted. So the alarm for growth goes by
// sets per hour, not per lookup, and a set that is used once in a Retention keeps
// its place. What memory T really holds: budgets go by [BytesPerSet]. Which of two
// labels explodes if both bring new values at the same pace: then the one with more
// values is named.
//
// When a set is demoted, what it had is added to a shared set. The sum over all
// sets is right, but a rate of the shared set alone jumps at that moment. A T that
// callers keep must be found again after a demotion: use [Vec.Handle], or let T be
// a [Retirer]. What is recorded in a plain T that was looked up more than
// Retention/8 before is lost once the T was demoted. The places of sets that an
// attacker brings back in every Retention are not given away.
package cardinality
