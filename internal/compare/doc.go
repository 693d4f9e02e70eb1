// Package compare says whether one process does worse than another: a canary than the
// stable version, or a version than the one before it.
//
//	canary, err := compare.Decode(canaryJSON) // the report of vitals, as JSON
//	stable, err := compare.Decode(stableJSON)
//	result := compare.Compare(canary, stable, compare.Options{})
//	fmt.Println(result.Summary)
//
// It is pure: what it is given is all that it looks at.
//
// # How it decides
//
// Both are compared at the same age, after warm-up, over the ages that both have
// seen. That stretch is cut into up to 16 segments; what differs from segment to
// segment tells chance from difference. Each measure has an interval of 99 % and two
// limits: it is worse if all of the interval is beyond the one, the same if all of it
// is within the other, and else it cannot be told yet.
//
// Load is not the fault of a version. What grows must grow faster both in time and
// for each request; the processor time of a canary with fewer requests is compared as
// a whole, since part of it does not depend on requests; and latency under more load
// is never called worse.
//
// # Cost
//
// Below a millisecond, for reports of 50 KB.
//
// # What it cannot see
//
// What the machines differ in: a slower processor makes every request dearer. What
// comes once a day, in processes that are an hour old. Growth that both have: that is
// for the report of each to say.
package compare
