// Package conform holds the tests that several packages must pass in the same
// way: what has a Start and a Close behaves alike everywhere, and the exporters
// say the same about the same figures. It is imported by tests only.
//
//	func TestLifecycle(t *testing.T) {
//		conform.Lifecycle(t, &Monitor{}, func() conform.Starter { return newMonitor(t) })
//	}
//
// # Cost
//
// None for users: nothing outside of tests imports it.
//
// # What it cannot see
//
// What is particular to one package: each has tests of its own for that.
package conform
