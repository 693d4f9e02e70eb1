// Package arch holds the rules of this repository that a machine can check.
// It has no code of its own: everything is in its tests, which run with
// go test ./... like any others. All but the last need about a second.
//
//   - bans_test.go: who may import whom, and why not. This is the table to
//     read before adding an import.
//   - api_test.go: the exported names of each public package are those in
//     testdata/api.
//   - doc_test.go: everything exported is documented.
//   - size_test.go: functions and files stay short.
//   - init_test.go: importing a package does nothing.
//   - page_test.go: ARCHITECTURE.md names every package.
//   - consumer_test.go: what a user pays who wants leakguard alone.
package arch
